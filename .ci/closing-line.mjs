// Adds up vitest's JSON reports (their paths are the arguments), and prints `N passed, N failed, N skipped` alone on a line.
// Exits 1 where a test failed, a file did not load, or no test ran.
import { readFileSync } from 'node:fs'

let passed = 0
let failed = 0
let skipped = 0
for (const path of process.argv.slice(2)) {
  const report = JSON.parse(readFileSync(path, 'utf8'))
  passed += report.numPassedTests
  failed += report.numFailedTests
  skipped += report.numPendingTests + report.numTodoTests
  // A file that fails before its first test counts as one failure, not as none.
  failed += report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length
}
console.log(`\n${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
