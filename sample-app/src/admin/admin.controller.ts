// What the app's operators may do to a user's devices.
import { Body, Controller, HttpCode, Param, Post, UseGuards } from '@nestjs/common'
import type { S2cResult } from '@rookery/core'
import { ImService } from '@rookery/nest-adapter'
import { KickDto, NotifyDto } from './admin.dto.js'
import { AdminGuard } from './admin.guard.js'
import { ExistingUserPipe } from '../users/existing-user.pipe.js'

@Controller('admin/users/:id')
@UseGuards(AdminGuard)
export class AdminController {
  constructor(private readonly im: ImService) {}

  /** Sends an event to the devices that are online, or with `persist` to all, now or when they come back. */
  @Post('notify')
  @HttpCode(200)
  notify(
    @Param('id', ExistingUserPipe) userId: string,
    @Body() { topic, payload, persist = false }: NotifyDto,
  ): Promise<S2cResult> {
    return this.im.s2c(userId, { topic, payload }, { persist })
  }

  /** Closes the user's sessions. */
  @Post('kick')
  @HttpCode(204)
  kick(@Param('id', ExistingUserPipe) userId: string, @Body() { deviceType }: KickDto): Promise<void> {
    return this.im.kick(userId, deviceType === undefined ? {} : { deviceType })
  }
}
