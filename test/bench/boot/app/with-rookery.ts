// The app with chat.
import { RookeryModule } from '@rookery/nest-adapter'
import { TypeOrmStorageModule } from '@rookery/storage-typeorm/nest'
import { startApp } from './app.js'

await startApp({
  imports: [
    TypeOrmStorageModule.forRoot(),
    RookeryModule.forRoot({ authenticate: ({ token }) => ({ userId: token }) }),
  ],
})
