// Storage in memory, under its own name, so that nobody gets it by leaving something out.
import { type DynamicModule, Module } from '@nestjs/common'
import { MemoryStorage, tokens } from '@rookery/core'

/** Keeps everything in this process: for tests and demonstrations. All of it is gone at exit. */
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
