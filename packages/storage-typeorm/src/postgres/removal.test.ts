import * as server from '../../testing/postgres.js'
import { removalTrials } from '../../testing/removal-trials.js'

server.describeOnPostgres('members removed while eight others send over two nodes on PostgreSQL', () =>
  removalTrials('postgres', server, 25),
)
