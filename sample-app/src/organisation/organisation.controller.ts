import { Controller, Get, UseGuards } from '@nestjs/common'
import { BearerGuard } from '../auth/bearer.guard.js'
import { type DepartmentView, OrganisationService } from './organisation.service.js'

@Controller('organisation')
export class OrganisationController {
  constructor(private readonly organisation: OrganisationService) {}

  /** The departments as a tree, to find colleagues in. */
  @Get()
  @UseGuards(BearerGuard)
  tree(): Promise<DepartmentView[]> {
    return this.organisation.tree()
  }
}
