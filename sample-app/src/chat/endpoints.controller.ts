import { Controller, Get } from '@nestjs/common'
import { ImService } from '@rookery/nest-adapter'

@Controller('im/endpoints')
export class EndpointsController {
  constructor(private readonly im: ImService) {}

  /** The nodes a client may connect to, least loaded first. */
  @Get()
  endpoints(): ReturnType<ImService['endpoints']> {
    return this.im.endpoints()
  }
}
