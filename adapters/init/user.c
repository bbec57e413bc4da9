#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/init/init.h"

enum { kRowMax = 4096, kFieldsMax = 8 };

static bool parse_number(const char* text, unsigned* number) {
  char* end;
  unsigned long value = strtoul(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end != '\0' || value > 0xfffffffeUL) return false;
  *number = (unsigned)value;
  return true;
}

static size_t split(char* row, char* fields[kFieldsMax]) {
  row[strcspn(row, "\n")] = '\0';
  size_t count = 0;
  while (count < kFieldsMax && row != NULL) fields[count++] = strsep(&row, ":");
  return count;
}

// name:password:uid:gid:comment:home:shell
static bool find_in_passwd(const char* wanted, struct user* user, char name[256]) {
  FILE* file = fopen("/etc/passwd", "re");
  if (file == NULL) return false;
  unsigned number = 0;
  bool by_number = parse_number(wanted, &number);
  char row[kRowMax];
  bool found = false;
  while (!found && fgets(row, sizeof row, file) != NULL) {
    char* fields[kFieldsMax];
    unsigned uid;
    unsigned gid;
    if (split(row, fields) < 6 || !parse_number(fields[2], &uid) || !parse_number(fields[3], &gid))
      continue;
    found = by_number ? uid == number : strcmp(fields[0], wanted) == 0;
    if (!found) continue;
    user->uid = uid;
    user->gid = gid;
    snprintf(user->home, sizeof user->home, "%s", fields[5]);
    snprintf(name, 256, "%s", fields[0]);
  }
  fclose(file);
  return found;
}

static bool is_member(char* members, const char* name) {
  for (char* member; (member = strsep(&members, ",")) != NULL;) {
    if (strcmp(member, name) == 0) return true;
  }
  return false;
}

// name:password:gid:members. With `wanted` it answers that group, else it collects those of `name`.
static bool read_groups(const char* wanted, const char* name, struct user* user) {
  FILE* file = fopen("/etc/group", "re");
  if (file == NULL) return false;
  char row[kRowMax];
  bool found = false;
  while (fgets(row, sizeof row, file) != NULL) {
    char* fields[kFieldsMax];
    unsigned gid;
    if (split(row, fields) < 4 || !parse_number(fields[2], &gid)) continue;
    if (wanted != NULL && strcmp(fields[0], wanted) == 0) {
      user->gid = gid;
      found = true;
    }
    if (wanted == NULL && user->group_count < kGroupsMax && is_member(fields[3], name)) {
      user->groups[user->group_count++] = gid;
    }
  }
  fclose(file);
  return found;
}

bool find_user(const char* spec, struct user* user) {
  memset(user, 0, sizeof *user);
  snprintf(user->home, sizeof user->home, "/");
  char text[512];
  snprintf(text, sizeof text, "%s", spec[0] == '\0' ? "0" : spec);
  char* group = strchr(text, ':');
  if (group != NULL) *group++ = '\0';
  char name[256] = "";
  if (!find_in_passwd(text, user, name)) {
    unsigned number;
    if (!parse_number(text, &number)) return false;
    user->uid = number;
    if (number == 0) snprintf(user->home, sizeof user->home, "/root");
  }
  if (group == NULL || *group == '\0') {
    if (name[0] != '\0') read_groups(NULL, name, user);
    return true;
  }
  unsigned gid;
  if (parse_number(group, &gid)) {
    user->gid = gid;
    return true;
  }
  return read_groups(group, NULL, user);
}

bool is_control_owner(const struct user* user) {
  bool is_owner = user->uid == ACTUARY_CONTROL_OWNER || user->gid == ACTUARY_CONTROL_OWNER;
  for (size_t i = 0; i < user->group_count; ++i) {
    is_owner = is_owner || user->groups[i] == ACTUARY_CONTROL_OWNER;
  }
  return is_owner;
}
