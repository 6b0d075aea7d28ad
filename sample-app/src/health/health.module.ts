import { Module } from '@nestjs/common'
import { TerminusModule } from '@nestjs/terminus'
import { RookeryHealthIndicator } from '@rookery/nest-adapter'
import { HealthController } from './health.controller.js'

@Module({ imports: [TerminusModule], controllers: [HealthController], providers: [RookeryHealthIndicator] })
export class HealthModule {}
