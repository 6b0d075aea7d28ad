import { Injectable } from '@nestjs/common'
import { ImRejection, OnC2C, OnC2G } from '@rookery/nest-adapter'

@Injectable()
export class OfferHandlers {
  /** An offer is a row, too: what a client says by itself would be a message without one. The app's own pass by here. */
  @OnC2C('offer')
  @OnC2G('offer')
  refuse(): void {
    throw new ImRejection('offers are made with POST /offers')
  }
}
