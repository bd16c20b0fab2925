// Disk faults for one process (LD_PRELOAD). Files in the folder DISK switch them on:
//   full   writes fail with ENOSPC          slow   every sync takes 100 ms
// Standard output and error are on another disk.
// The number of synced bytes of each file is stored there under its name: the size that a power cut leaves.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_on(const char *what) {
  char path[PATH_MAX];
  const char *folder = getenv("DISK");
  if (folder == NULL) return 0;
  snprintf(path, sizeof path, "%s/%s", folder, what);
  return access(path, F_OK) == 0;
}

static int no_room(int fd) {
  struct stat file;
  int before = errno;
  int full = fd > 2 && fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && is_on("full");
  errno = full ? ENOSPC : before;
  return full;
}

static void note_synced(int fd, long long size) {
  char link[64], file[PATH_MAX], path[PATH_MAX + 256], text[32];
  const char *folder = getenv("DISK");
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, file, sizeof file - 1);
  if (folder == NULL || length <= 0) return;
  file[length] = 0;
  const char *name = strrchr(file, '/');
  snprintf(path, sizeof path, "%s/%s", folder, name == NULL ? file : name + 1);
  snprintf(text, sizeof text, "%020lld", size);
  int note = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (note < 0) return;
  if (pwrite64(note, text, 20, 0) != 20) perror("disk");
  close(note);
}

static int sync_with(const char *name, int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  struct stat file;
  // Bytes written while the sync runs may not be included.
  int regular = fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
  if (regular && is_on("slow")) usleep(100000);
  int result = real(fd);
  if (regular && result == 0) note_synced(fd, (long long)file.st_size);
  return result;
}

int fsync(int fd) { return sync_with("fsync", fd); }
int fdatasync(int fd) { return sync_with("fdatasync", fd); }

#define REAL(name, ...) ((ssize_t (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

ssize_t write(int fd, const void *bytes, size_t size) {
  return no_room(fd) ? -1 : REAL("write", int, const void *, size_t)(fd, bytes, size);
}
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
  return no_room(fd) ? -1 : REAL("pwrite", int, const void *, size_t, off_t)(fd, bytes, size, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
  return no_room(fd) ? -1 : REAL("pwrite64", int, const void *, size_t, off64_t)(fd, bytes, size, at);
}
ssize_t writev(int fd, const struct iovec *pieces, int count) {
  return no_room(fd) ? -1 : REAL("writev", int, const struct iovec *, int)(fd, pieces, count);
}
ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t at) {
  return no_room(fd) ? -1 : REAL("pwritev", int, const struct iovec *, int, off_t)(fd, pieces, count, at);
}
ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off64_t at) {
  return no_room(fd) ? -1 : REAL("pwritev64", int, const struct iovec *, int, off64_t)(fd, pieces, count, at);
}
