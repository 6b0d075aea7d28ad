// An entry of its own, so that a page does not load it.
export {
  SqlStore,
  syncDriver,
  type SqlDriver,
  type SqlStatement,
  type SqlValue,
  type SyncDatabase,
} from './store/sql-store.js'
