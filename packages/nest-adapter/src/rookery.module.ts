// The module that a host imports.
import { Global, Module } from '@nestjs/common'
import { ImMaintenance } from './im.maintenance.js'
import { ImService } from './im.service.js'
import { Lifecycle } from './lifecycle.js'
import { ConfigurableModuleClass } from './module-definition.js'
import { RunningNode } from './running-node.js'

/**
 * Chat inside the host's app. Import it once, in the root module, with `forRoot(options)` or `forRootAsync({ imports,
 * inject, useFactory | useClass | useExisting })`, beside the module of a storage adapter; the order does not matter.
 * The module is global: you can inject `ImService` and `ImMaintenance` everywhere.
 */
@Global()
@Module({ providers: [RunningNode, ImService, ImMaintenance, Lifecycle], exports: [ImService, ImMaintenance] })
export class RookeryModule extends ConfigurableModuleClass {}
