// The hand-written gateway on PostgreSQL: a pool of 10 and `synchronous_commit=on`.
import { judgePostgres } from '../postgres.js'
import { serveHandWritten } from './hand-written.js'
import { databaseUrl } from './serve.js'

// No connection of the pool changes its settings: all have those of the role and the server.
await serveHandWritten({ type: 'postgres', url: databaseUrl(), poolSize: 10 }, (dataSource) =>
  judgePostgres((sql) => dataSource.query(sql)),
)
