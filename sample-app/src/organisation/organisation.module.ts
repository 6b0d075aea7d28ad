import { Module } from '@nestjs/common'
import { TypeOrmModule } from '@nestjs/typeorm'
import { AuthModule } from '../auth/auth.module.js'
import { UsersModule } from '../users/users.module.js'
import { DemoOrganisation } from './demo-organisation.js'
import { Department } from './department.entity.js'
import { Employee } from './employee.entity.js'
import { OrganisationAdminController } from './organisation-admin.controller.js'
import { OrganisationController } from './organisation.controller.js'
import { OrganisationService } from './organisation.service.js'

@Module({
  imports: [TypeOrmModule.forFeature([Department, Employee]), AuthModule, UsersModule],
  controllers: [OrganisationController, OrganisationAdminController],
  providers: [OrganisationService, DemoOrganisation],
})
export class OrganisationModule {}
