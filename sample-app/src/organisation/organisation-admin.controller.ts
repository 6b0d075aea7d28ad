import { Body, Controller, HttpCode, Param, Post, UseGuards } from '@nestjs/common'
import { AdminGuard } from '../admin/admin.guard.js'
import { ExistingUserPipe } from '../users/existing-user.pipe.js'
import { MoveDto } from './organisation.dto.js'
import { OrganisationService } from './organisation.service.js'

@Controller('admin/organisation/:userId')
@UseGuards(AdminGuard)
export class OrganisationAdminController {
  constructor(private readonly organisation: OrganisationService) {}

  /** Moves somebody to a department, or takes somebody on in it. */
  @Post('department')
  @HttpCode(204)
  move(@Param('userId', ExistingUserPipe) userId: string, @Body() { departmentId }: MoveDto): Promise<void> {
    return this.organisation.move(userId, departmentId)
  }
}
