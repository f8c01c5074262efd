#include "app/finished.h"

#include "app/access_logs.h"
#include "base/clock.h"
#include "base/log.h"

void finished_call(const struct finished *finished)
{
    const struct request *rq = finished->rq;
    access_logs_note(finished);
    const uint16_t status = finished->status;
    const bool change = rq->operation && rq->operation->access == ACCESS_WRITE && status < 400;
    const enum log_level level = status == 501 ? LOG_WARN : status >= 500 ? LOG_ERROR : change ? LOG_INFO : LOG_DEBUG;
    log_write(level, &rq->ctx, finished->inside ? "call inside" : "call",
              (const struct log_field[]){
                  LOG_STR("service", rq->service ? str_of(rq->service->name) : STR_NONE),
                  LOG_STR("operation", rq->operation ? str_of(rq->operation->name) : STR_NONE),
                  LOG_STR("caller", rq->caller.arn.ptr ? rq->caller.arn : rq->caller.name),
                  LOG_STR("source", rq->source_ip),
                  LOG_STR("region", rq->region),
                  LOG_INT("status", status),
                  LOG_STR("error", finished->err.fault ? str_of(finished->err.fault->code) : STR_NONE),
                  LOG_STR("reason", finished->err.fault ? str_of(rq->ctx.reason) : STR_NONE),
                  LOG_INT("microseconds", clock_monotonic_us() - finished->started_us),
                  LOG_END,
              });
}
