#include "server/owner.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOM = 4096 };

void owner_find_names(struct owner *o, uid_t uid, gid_t gid)
{
    struct passwd user, *u = NULL;
    struct group group, *g = NULL;
    char room[ROOM];

    if (o->is_known && o->uid == uid && o->gid == gid)
        return;
    *o = (struct owner){.is_known = true, .uid = uid, .gid = gid};
    if (getpwuid_r(uid, &user, room, sizeof(room), &u) == 0 && u &&
        strlen(u->pw_name) < OWNER_NAME)
        snprintf(o->user, sizeof(o->user), "%s", u->pw_name);
    if (getgrgid_r(gid, &group, room, sizeof(room), &g) == 0 && g &&
        strlen(g->gr_name) < OWNER_NAME)
        snprintf(o->group, sizeof(o->group), "%s", g->gr_name);
}

bool owner_find(struct owner *o, const char *user, const char *group)
{
    struct passwd entry, *u = NULL;
    struct group other, *g = NULL;
    char room[ROOM];

    if (o->is_known && strcmp(o->user, user) == 0 && strcmp(o->group, group) == 0)
        return true;
    if (strlen(user) >= OWNER_NAME || strlen(group) >= OWNER_NAME ||
        getpwnam_r(user, &entry, room, sizeof(room), &u) != 0 || !u)
        return false;
    *o = (struct owner){.is_known = true, .uid = u->pw_uid, .gid = u->pw_gid};
    snprintf(o->user, sizeof(o->user), "%s", user);
    snprintf(o->group, sizeof(o->group), "%s", group);
    if (getgrnam_r(group, &other, room, sizeof(room), &g) == 0 && g)
        o->gid = g->gr_gid;
    return true;
}

int owner_check_root(const char *folder, struct err *e)
{
    struct owner o = {0};
    struct stat st;

    if (geteuid() != 0 || stat(folder, &st) < 0 || st.st_uid == 0)
        return 0;
    owner_find_names(&o, st.st_uid, st.st_gid);
    return err_set(e, "%s is %s's: run it as that user", folder,
                   o.user[0] ? o.user : "another");
}
