// `npm run docs`: writes the parts of docs/ that are made from the protocol and from ImService.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asyncApi } from './protocol/asyncapi.js'
import { withTables } from './protocol/reference.js'
import { imServicePage } from './reference/im-service.js'
import { root } from './root.js'

const docs = join(root, 'docs')
const page = join(docs, 'protocol.md')
writeFileSync(page, withTables(readFileSync(page, 'utf8')))
writeFileSync(join(docs, 'asyncapi.json'), `${JSON.stringify(asyncApi(), null, 2)}\n`)
writeFileSync(join(docs, 'im-service.md'), imServicePage())
