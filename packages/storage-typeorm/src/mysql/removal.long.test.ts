import { describeOnMysql, freshDatabase } from '../../testing/mysql.js'
import { removalTrials } from '../../testing/removal-trials.js'

describeOnMysql('members removed while eight others send over two nodes on MariaDB', () =>
  removalTrials(freshDatabase, 10),
)
