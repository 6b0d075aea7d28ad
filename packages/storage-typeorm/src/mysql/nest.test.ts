import { describeOnMysql, freshDatabase } from '../../testing/mysql.js'
import { nestTrials } from '../../testing/nest-trials.js'

describeOnMysql('the storage module on MySQL', () => nestTrials(freshDatabase))
