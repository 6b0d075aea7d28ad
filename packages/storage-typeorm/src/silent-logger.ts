// TypeORM prints what becomes of migrations, whatever its options say. What there is to tell, a start tells itself.
const nothing = (): void => {}

export const silentLogger = {
  logQuery: nothing,
  logQueryError: nothing,
  logQuerySlow: nothing,
  logSchemaBuild: nothing,
  logMigration: nothing,
  log: nothing,
}
