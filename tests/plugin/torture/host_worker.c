// SPDX-License-Identifier: GPL-3.0-or-later
#include "host_private.h"
#include "watch.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_JOB_BYTES 65536
#define LATE_RUNS     200

static LV2_Worker_Status
push(Host* host, Queue* queue, uint32_t size, const void* data, unsigned late)
{
  const bool was_on = watch_pause();
  LV2_Worker_Status status = LV2_WORKER_ERR_NO_SPACE;
  pthread_mutex_lock(&host->mutex);
  if (queue->n < MAX_JOBS && size <= MAX_JOB_BYTES) {
    Job* const job = &queue->at[(queue->head + queue->n++) % MAX_JOBS];
    job->size = size;
    job->due = host->runs + late;
    job->body = malloc(size ? size : 1);
    if (size) {
      memcpy(job->body, data, size);
    }
    status = LV2_WORKER_SUCCESS;
  }
  pthread_mutex_unlock(&host->mutex);
  watch_resume(was_on);
  return status;
}

static bool
pop(Host* host, Queue* queue, Job* job)
{
  pthread_mutex_lock(&host->mutex);
  const bool is_due = queue->n && (queue->at[queue->head].due <= host->runs ||
                                   host->config.worker == WORKER_THREAD);
  if (is_due) {
    *job = queue->at[queue->head];
    queue->head = (queue->head + 1) % MAX_JOBS;
    --queue->n;
  }
  pthread_mutex_unlock(&host->mutex);
  return is_due;
}

static void
empty(Queue* queue)
{
  while (queue->n) {
    free(queue->at[queue->head].body);
    queue->head = (queue->head + 1) % MAX_JOBS;
    --queue->n;
  }
}

void
host_clear_queues(Host* host)
{
  empty(&host->requests);
  empty(&host->replies);
}

LV2_Worker_Status
host_schedule_work(LV2_Worker_Schedule_Handle handle,
                   uint32_t size,
                   const void* data)
{
  Host* const host = handle;
  switch (host->config.worker) {
  case WORKER_REFUSES:
    return LV2_WORKER_ERR_NO_SPACE;
  case WORKER_NEVER:
    return LV2_WORKER_SUCCESS;
  case WORKER_LATE:
    return push(host, &host->requests, size, data, LATE_RUNS);
  default:
    return push(host, &host->requests, size, data, 0);
  }
}

static LV2_Worker_Status
respond(LV2_Worker_Respond_Handle handle, uint32_t size, const void* data)
{
  Host* const host = handle;
  return push(host,
              &host->replies,
              size,
              data,
              host->config.worker == WORKER_LATE ? LATE_RUNS : 0);
}

void
host_do_work(Host* host)
{
  Job job;
  while (pop(host, &host->requests, &job)) {
    const int times = host->config.worker == WORKER_TWICE ? 2 : 1;
    for (int i = 0; i < times; ++i) {
      host->worker->work(lilv_instance_get_handle(host->instance),
                         respond,
                         host,
                         job.size,
                         job.body);
    }
    free(job.body);
  }
}

void*
host_work_thread(void* arg)
{
  Host* const host = arg;
  while (!atomic_load(&host->stop)) {
    host_do_work(host);
    nanosleep(&(struct timespec){0, 200000}, NULL);
  }
  return NULL;
}

void
host_deliver_replies(Host* host)
{
  Job job;
  while (pop(host, &host->replies, &job)) {
    if (host->worker->work_response) {
      watch_begin(); // work_response() belongs to the audio thread
      host->worker->work_response(
        lilv_instance_get_handle(host->instance), job.size, job.body);
      watch_end();
    }
    free(job.body);
  }
  if (host->worker->end_run) {
    watch_begin();
    host->worker->end_run(lilv_instance_get_handle(host->instance));
    watch_end();
  }
}
