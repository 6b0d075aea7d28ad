// Cars for sale.
import { Injectable, NotFoundException } from '@nestjs/common'
import { InjectRepository } from '@nestjs/typeorm'
import { sqliteQueue, type SqliteQueue } from '@rookery/storage-typeorm'
import { randomUUID } from 'node:crypto'
import { DataSource, type Repository } from 'typeorm'
import type { CreateListingDto } from './listing.dto.js'
import { Listing } from './listing.entity.js'

/** A listing as users see it; `price` in whole euros. */
export interface ListingView {
  readonly listingId: string
  readonly seller: string
  readonly title: string
  readonly price: number
  readonly views: number
}

const newestMax = 100

@Injectable()
export class ListingsService {
  private readonly queue: SqliteQueue

  constructor(
    @InjectRepository(Listing) private readonly listings: Repository<Listing>,
    dataSource: DataSource,
  ) {
    this.queue = sqliteQueue(dataSource)
  }

  async create(seller: string, { title, price }: CreateListingDto): Promise<ListingView> {
    const listing = { id: randomUUID(), seller, title, price, views: 0, createdAt: Date.now() }
    await this.queue.run((manager) => manager.insert(Listing, listing))
    return viewOf(listing)
  }

  /** The newest first. */
  async newest(): Promise<ListingView[]> {
    const listings = await this.listings.find({ order: { createdAt: 'DESC', id: 'ASC' }, take: newestMax })
    return listings.map(viewOf)
  }

  /**
   * Counts a view of the listing.
   * @throws NotFoundException
   */
  async countView(listingId: string): Promise<{ listingId: string; views: number }> {
    const listing = await this.queue.run(async (manager) => {
      await manager.increment(Listing, { id: listingId }, 'views', 1)
      return manager.findOneBy(Listing, { id: listingId })
    })
    if (listing === null) throw new NotFoundException('no such listing')
    return { listingId, views: listing.views }
  }
}

const viewOf = ({ id, seller, title, price, views }: Listing): ListingView => ({
  listingId: id,
  seller,
  title,
  price,
  views,
})
