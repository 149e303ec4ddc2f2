import { Global, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { AuthModule } from './modules/auth/index.js';
import { BreakersModule } from './modules/breakers/index.js';
import { DeadLettersModule } from './modules/dead-letters/index.js';
import { dependency } from './modules/dependencies.js';
import type { Dependencies } from './modules/dependencies.js';
import { HealthModule } from './modules/health/index.js';
import { JobsModule } from './modules/jobs/index.js';
import { ResultCacheModule } from './modules/result-cache/index.js';
import { SchedulesModule } from './modules/schedules/index.js';
import { SchemasModule } from './modules/schemas/index.js';
import { TemplatesModule } from './modules/templates/index.js';
import { TestCasesModule } from './modules/test-cases/index.js';
import { AuthGuard, TokenService } from './platform/auth/index.js';
import { ProblemFilter, requestValidation } from './platform/errors/index.js';
import type { ProblemAnswers } from './platform/errors/index.js';

/** The REST service: every resource, behind one guard, one validation and one form of errors. */
@Global()
@Module({})
export class AppModule {
  static on(
    dependencies: Dependencies,
    tokens: TokenService,
    answers: ProblemAnswers,
  ): DynamicModule {
    const provided = Object.entries(dependencies).map(([name, useValue]: [string, unknown]) => ({
      provide: dependency(name as keyof Dependencies),
      useValue,
    }));
    const tokenService = { provide: TokenService, useValue: tokens };
    return {
      module: AppModule,
      imports: [
        JobsModule,
        TestCasesModule,
        TemplatesModule,
        DeadLettersModule,
        ResultCacheModule,
        SchedulesModule,
        BreakersModule,
        AuthModule,
        HealthModule,
        SchemasModule,
      ],
      providers: [
        ...provided,
        tokenService,
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_PIPE, useFactory: requestValidation },
        { provide: APP_FILTER, useValue: new ProblemFilter(answers) },
      ],
      exports: [...provided.map(({ provide }) => provide), TokenService],
    };
  }
}
