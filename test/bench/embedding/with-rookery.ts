// The app with chat that nobody uses.
import { RookeryModule } from '@rookery/nest-adapter'
import { TypeOrmStorageModule } from '@rookery/storage-typeorm/nest'
import { startHost } from './host.js'

await startHost({
  imports: [
    TypeOrmStorageModule.forRoot(),
    RookeryModule.forRoot({ authenticate: ({ token }) => ({ userId: token }) }),
  ],
})
