// Every link of the READMEs, CONTRIBUTING.md and docs/ into the repository has a target, and so does its heading.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pages, root } from './blocks.js'

/** A page without its code, in which brackets are no links and `#` begins no heading. */
const prose = (page: string): string =>
  readFileSync(join(root, page), 'utf8')
    .replaceAll(/^```.*?^```$/gms, '')
    .replaceAll(/<!--.*?-->/gs, '')

/** The anchors that GitHub makes of headings. */
const anchors = (page: string): string[] =>
  [...prose(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

/** Pages of packages stand on npm, too, so they name the repository by its address. */
const ofPackages = readdirSync(join(root, 'packages'))
  .map((name) => `packages/${name}/README.md`)
  .filter((path) => existsSync(join(root, path)))
const repository = /^https:\/\/github\.com\/[^/]+\/[^/]+\/(?:blob|tree)\/main\//

const links = [...pages(), 'CONTRIBUTING.md', ...ofPackages].flatMap((page) =>
  [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => [page, link!] as const)
    .filter(([, link]) => !/^https?:/.test(link) || repository.test(link)),
)

describe('the links of the docs', () => {
  it('are there', () => expect(links.length).toBeGreaterThan(50))

  it.each(links)('%s → %s', (page, link) => {
    const [path, anchor] = link.replace(repository, '/').split('#')
    const target = path === '' ? page : path!.startsWith('/') ? path!.slice(1) : join(dirname(page), path!)
    expect(existsSync(join(root, target)), target).toBe(true)
    if (anchor !== undefined) expect(anchors(target)).toContain(anchor)
  })
})
