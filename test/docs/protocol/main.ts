// `npm run docs`: writes what docs/ holds of the protocol anew.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { asyncApi } from './asyncapi.js'
import { withTables } from './reference.js'

// Runs from test/dist/docs/protocol.
const docs = resolve(import.meta.dirname, '../../../../docs')
const page = join(docs, 'protocol.md')
writeFileSync(page, withTables(readFileSync(page, 'utf8')))
writeFileSync(join(docs, 'asyncapi.json'), `${JSON.stringify(asyncApi(), null, 2)}\n`)
