/* cloudtraildata.h - CloudTrail's data service: events of others, put into the record by channels. */
#ifndef YAGURA_SVC_CLOUDTRAILDATA_CLOUDTRAILDATA_H
#define YAGURA_SVC_CLOUDTRAILDATA_CLOUDTRAILDATA_H

#include "svc/request.h"

extern const struct service CLOUDTRAILDATA;

#endif
