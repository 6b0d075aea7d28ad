// Storage in memory. It has its own module, so that nobody gets it by forgetting another one.
import { type DynamicModule, Module } from '@nestjs/common'
import { MemoryStorage, tokens } from '@rookery/core'

/** Keeps everything in this process, for tests and demonstrations. The data is lost when the process exits. */
@Module({})
export class MemoryStorageModule {
  static forRoot(): DynamicModule {
    return {
      module: MemoryStorageModule,
      global: true,
      providers: [{ provide: tokens.storage, useFactory: () => new MemoryStorage() }],
      exports: [tokens.storage],
    }
  }
}
