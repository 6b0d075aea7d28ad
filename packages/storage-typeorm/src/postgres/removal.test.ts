import { describeOnPostgres, freshDatabase } from '../../testing/postgres.js'
import { removalTrials } from '../../testing/removal-trials.js'

describeOnPostgres('members removed while eight others send over two nodes on PostgreSQL', () =>
  removalTrials(freshDatabase, 25),
)
