// The page in a browser: Debian's chromium, driven from here. Each visitor has a separate context, as on another
// machine.
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest'
import { dataFolder, type RunningApp, startApp } from './running-app.js'

const executablePath = '/usr/bin/chromium'
const isMissing = !existsSync(executablePath) && process.env.CI === undefined

const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run']
args.push('--disable-background-networking', '--disable-component-update', '--disable-sync')

/** A phone, which is another device type than a browser on a desk. */
export const phone: BrowserContextOptions = { viewport: { width: 390, height: 800 }, isMobile: true, hasTouch: true }

/** The app, and users who visit its page. */
class Visits {
  app!: RunningApp
  /** What went wrong in any page: errors, and what the policy refused. */
  complaints: string[] = []
  readonly folder = dataFolder()
  private browser!: Browser

  async begin(): Promise<void> {
    this.app = await startApp(this.folder.path)
    this.browser = await chromium.launch({ executablePath, args })
  }

  async end(): Promise<void> {
    await this.browser?.close()
    await this.app?.stop()
    this.folder.remove()
  }

  /** Closes all pages, and checks that nothing went wrong except what a test removed from `complaints`. */
  async goAll(): Promise<void> {
    await Promise.all(this.browser.contexts().map((context) => context.close()))
    expect(this.complaints.splice(0)).toEqual([])
  }

  /** Opens the page in a separate browser context. */
  async visit(options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await this.browser.newContext(options)).newPage()
    page.setDefaultTimeout(30_000)
    page.on('pageerror', (error) => this.complaints.push(error.message))
    page.on('console', (line) => line.type() === 'error' && this.complaints.push(line.text()))
    await page.goto(this.app.url)
    return page
  }

  async signIn(
    username: string,
    { password = 'demo', button = 'Log in', ...options }: SignIn & BrowserContextOptions = {},
  ): Promise<Page> {
    const page = await this.visit(options)
    await page.getByLabel('Name', { exact: true }).fill(username)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: button }).click()
    await page.getByRole('status').getByText('Online').waitFor()
    return page
  }
}

interface SignIn {
  readonly password?: string
  readonly button?: string
}

/** Cases on the page; skipped if there is no chromium, but never in CI. */
export function describeInBrowser(name: string, cases: (visits: Visits) => void): void {
  describe.skipIf(isMissing)(`${name} (needs chromium)`, { timeout: 120_000 }, () => {
    const visits = new Visits()
    beforeAll(() => visits.begin())
    afterAll(() => visits.end())
    afterEach(() => visits.goAll())
    cases(visits)
  })
}

export async function talkTo(page: Page, peer: string): Promise<void> {
  await page.getByLabel('Start a chat with').fill(peer)
  await page.getByRole('button', { name: 'Chat', exact: true }).click()
  await page.getByRole('heading', { name: peer }).waitFor()
}

export async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
}

export const messages = (page: Page): Locator => page.locator('#messages li')
export const row = (page: Page, name: string): Locator => page.locator('#conversations button', { hasText: name })
export const tab = (page: Page, name: 'Chats' | 'People' | 'Cars'): Promise<void> =>
  page.getByRole('tab', { name }).click()
