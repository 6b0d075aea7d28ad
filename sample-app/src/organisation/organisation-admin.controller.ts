import { Body, Controller, HttpCode, Param, Post, UseGuards } from '@nestjs/common'
import { AdminGuard } from '../admin/admin.guard.js'
import { ExistingUserPipe } from '../users/existing-user.pipe.js'
import { MoveDto } from './organisation.dto.js'
import { OrganisationService } from './organisation.service.js'

@Controller('admin/organisation/:userId')
@UseGuards(AdminGuard)
export class OrganisationAdminController {
  constructor(private readonly organisation: OrganisationService) {}

  /** Moves a user to a department, or takes a new employee on there. */
  @Post('department')
  @HttpCode(204)
  move(@Param('userId', ExistingUserPipe) userId: string, @Body() { departmentId }: MoveDto): Promise<void> {
    return this.organisation.move(userId, departmentId)
  }
}
