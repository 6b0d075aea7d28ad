// TypeORM prints the results of migrations, whatever its options say. Chat reports at start what an operator needs.
const nothing = (): void => {}

export const silentLogger = {
  logQuery: nothing,
  logQueryError: nothing,
  logQuerySlow: nothing,
  logSchemaBuild: nothing,
  logMigration: nothing,
  log: nothing,
}
