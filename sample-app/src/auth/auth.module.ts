import { Module } from '@nestjs/common'
import { JwtModule } from '@nestjs/jwt'
import { TypeOrmModule } from '@nestjs/typeorm'
import { CONFIG, type Config } from '../config.js'
import { UsersModule } from '../users/users.module.js'
import { AuthController } from './auth.controller.js'
import { AuthService } from './auth.service.js'
import { RevokedToken } from './revoked-token.entity.js'

/** Tokens are valid for this app alone: it refuses those that another app with the same secret issued. */
const name = 'rookery-sample-app'

@Module({
  imports: [
    UsersModule,
    TypeOrmModule.forFeature([RevokedToken]),
    JwtModule.registerAsync({
      inject: [CONFIG],
      useFactory: ({ jwtSecret }: Config) => ({
        secret: jwtSecret,
        signOptions: { algorithm: 'HS256', expiresIn: '7d', issuer: name, audience: name },
        verifyOptions: { algorithms: ['HS256'], issuer: name, audience: name },
      }),
    }),
  ],
  controllers: [AuthController],
  providers: [AuthService],
  exports: [AuthService],
})
export class AuthModule {}
