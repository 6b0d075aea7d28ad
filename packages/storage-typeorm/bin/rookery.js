#!/usr/bin/env node
// Work on what chat has stored, for operators: `npx rookery --help`.
import { main } from '../dist/cli/main.js'

process.exitCode = await main(process.argv.slice(2), process)
