import * as server from '../../testing/mysql.js'
import { removalTrials } from '../../testing/removal-trials.js'

server.describeOnMysql('members removed while eight others send over two nodes on MariaDB', () =>
  removalTrials('mysql', server, 10),
)
