import { outboxScene, outboxTrials } from '../../testing/outbox-trials.js'
import { describeOnPostgres, freshDatabase } from '../../testing/postgres.js'

describeOnPostgres('within a transaction of the host on PostgreSQL', () => outboxTrials(outboxScene(freshDatabase)))
