import { Injectable, Module } from '@nestjs/common'
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm'
import { RookeryModule } from '@rookery/nest-adapter'
import { TypeOrmStorageModule } from '@rookery/storage-typeorm/nest'

declare const yourOptions: TypeOrmModuleOptions

@Injectable()
class AuthService {
  async authenticate(token: string) {
    return token === '' ? null : { userId: token }
  }
}

@Injectable()
class UsersService {
  async exists(userId: string): Promise<boolean> {
    return userId !== ''
  }
}

@Module({ providers: [AuthService], exports: [AuthService] })
class AuthModule {}

@Module({ providers: [UsersService], exports: [UsersService] })
class UsersModule {}
