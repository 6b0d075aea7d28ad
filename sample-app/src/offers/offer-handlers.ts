import { Injectable } from '@nestjs/common'
import { ImRejection, OnC2C, OnC2G } from '@rookery/nest-adapter'

@Injectable()
export class OfferHandlers {
  /**
   * An offer needs a row, and a message that a client sends by itself has none. This handler does not run for the app's
   * own sends.
   */
  @OnC2C('offer')
  @OnC2G('offer')
  refuse(): void {
    throw new ImRejection('offers are made with POST /offers')
  }
}
