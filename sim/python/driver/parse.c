/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of a trace, into arrays. */
#include "driver.h"

const char *const action_names[ACTIONS] = {"enable",   "disable",       "freeze",
                                           "unfreeze", "set_threshold", "collect"};

static const char *const kind_names[KINDS] = {
    "",        "atomic",   "tuple",     "list",      "dict",      "set",
    "weakref", "function", "cell",      "generator", "coroutine", "frame",
    "slice",   "method",   "cfunction", "iterator",  "container"};

/* How many slots these have, by nature. */
static const size_t fixed_slots[KINDS] = {
    [CELL] = 1, [SLICE] = 3, [METHOD] = 2, [CFUNCTION] = 1, [ITERATOR] = 1};

/* And how many these have at most. */
static const size_t most_slots[KINDS] = {
    [FUNCTION] = 7, [GENERATOR] = MAX_LOCALS, [COROUTINE] = MAX_LOCALS, [FRAME] = MAX_LOCALS};

/* Room for one more element, zeroed. */
void *append(struct array *array, size_t element)
{
    if (array->size == array->room) {
        const size_t room = array->room ? array->room * 2 : 64;
        void *data = realloc(array->data, room * element);
        if (!data) {
            PyErr_NoMemory();
            return NULL;
        }
        array->data = data;
        array->room = room;
    }
    void *place = (char *)array->data + array->size++ * element;
    memset(place, 0, element);
    return place;
}

static bool wrong(const struct run *run, const char *why)
{
    PyErr_Format(PyExc_ValueError, "line %zu: %s", run->line, why);
    return false;
}

/* The fields of one line; the line is cut in place. */
struct fields {
    char **text;
    size_t number;
    size_t room;
};

static bool split(struct fields *fields, char *line)
{
    fields->number = 0;
    for (char *field = line; field; fields->number++) {
        if (fields->number == fields->room) {
            const size_t room = fields->room ? fields->room * 2 : 16;
            char **text = realloc(fields->text, room * sizeof *text);
            if (!text) {
                PyErr_NoMemory();
                return false;
            }
            fields->text = text;
            fields->room = room;
        }
        fields->text[fields->number] = field;
        field = strchr(field, ' ');
        if (field) {
            *field++ = '\0';
        }
    }
    return true;
}

static bool number(const struct run *run, const char *text, size_t *value)
{
    *value = 0;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9' || *value > MAX_NUMBER) {
            return wrong(run, "a number expected");
        }
        *value = *value * 10 + (size_t)(*c - '0');
    }
    return *text ? true : wrong(run, "an empty field");
}

static bool parse_flag(const struct run *run, struct type_info *type, const char *flag)
{
    if (strncmp(flag, "kind=", 5) == 0) {
        for (int k = INSTANCE + 1; k < KINDS; k++) {
            if (strcmp(flag + 5, kind_names[k]) == 0) {
                type->kind = (enum kind)k;
                return true;
            }
        }
        PyErr_Format(PyExc_ValueError, "line %zu: the driver cannot make objects of kind %s",
                     run->line, flag + 5);
        return false;
    }
    if (strcmp(flag, "dict") == 0) {
        type->has_dict = true;
    } else if (strcmp(flag, "weakrefable") == 0) {
        type->weakrefable = true;
    } else if (strcmp(flag, "finalizer") == 0) {
        type->finalizer = PLAIN;
    } else if (strcmp(flag, "finalizer=resurrect") == 0) {
        type->finalizer = RESURRECT;
    } else if (strcmp(flag, "legacy") == 0) {
        type->legacy = true;
    } else {
        return wrong(run, "an unknown flag");
    }
    return true;
}

/* Objects of more than one part, which a trace with `o objects` has written out: only an
 * instance can be put together again, from itself and the dict in its one slot. */
static bool hides_objects(const struct type_info *type)
{
    return (type->has_dict && type->slots > 1) || type->kind == GENERATOR ||
           type->kind == COROUTINE;
}

/* Their death, or that of what they refer to, makes objects of its own. */
static bool allocates_in_death(const struct type_info *type)
{
    return type->kind == WEAKREF || type->kind == GENERATOR || type->kind == COROUTINE;
}

static bool parse_type(struct run *run, const struct fields *fields)
{
    size_t name;
    size_t slots;
    if (fields->number < 5 || !number(run, fields->text[1], &name) ||
        !number(run, fields->text[3], &slots)) {
        return PyErr_Occurred() ? false : wrong(run, "a type has at least four fields");
    }
    if (name >= 1U << 20) {
        return wrong(run, "type number too large");
    }
    while (run->types.size <= name) {
        if (!append(&run->types, sizeof(struct type_info))) {
            return false;
        }
    }
    struct type_info *type = (struct type_info *)run->types.data + name;
    if (type->defined) {
        return wrong(run, "a type defined twice");
    }
    type->defined = true;
    type->slots = slots;
    for (size_t i = 5; i < fields->number; i++) {
        if (!parse_flag(run, type, fields->text[i])) {
            return false;
        }
    }
    const bool extras =
        type->has_dict || type->weakrefable || type->finalizer != NOTHING || type->legacy;
    if (type->kind != INSTANCE && extras) {
        return wrong(run, "flags that only instances have");
    }
    if (HAS_COMPANIONS && run->objects_minor && hides_objects(type)) {
        return wrong(run, "with o objects the driver makes no such objects before 3.11");
    }
    if (run->resolved && allocates_in_death(type)) {
        return wrong(run, "with o freelists=resolved the driver makes no such objects");
    }
    if (type->has_dict && slots > MAX_ATTRIBUTES) {
        return wrong(run, "more attributes than the driver can give an instance");
    }
    if ((type->kind == ATOMIC || type->kind == WEAKREF) && slots > 0) {
        return wrong(run, "slots on an object that has none");
    }
    if (slots > MAX_SLOTS || (fixed_slots[type->kind] && slots != fixed_slots[type->kind]) ||
        (most_slots[type->kind] && slots > most_slots[type->kind])) {
        return wrong(run, "objects of this kind do not have so many slots");
    }
    return true;
}

static bool parse_allocation(struct run *run, struct event *event, const struct fields *fields)
{
    size_t extra;
    size_t at = 3;
    if (fields->number < 3 || !number(run, fields->text[1], &event->object) ||
        !number(run, fields->text[2], &event->other)) {
        return PyErr_Occurred() ? false : wrong(run, "an allocation has at least two fields");
    }
    if (event->object != ++run->allocations) {
        return wrong(run, "objects are numbered 1, 2, 3 without gaps");
    }
    const struct type_info *type = (struct type_info *)run->types.data + event->other;
    if (event->other >= run->types.size || !type->defined) {
        return wrong(run, "an undefined type");
    }
    event->slot = type->slots;
    if (at < fields->number && strcmp(fields->text[at], "=") != 0 &&
        !number(run, fields->text[at++], &extra)) {
        return false;
    }
    if (at < fields->number && strcmp(fields->text[at], "=") != 0 &&
        !number(run, fields->text[at++], &event->slot)) {
        return false;
    }
    if (event->slot != type->slots && type->kind != LIST && type->kind != TUPLE &&
        type->kind != DICT && type->kind != SET && type->kind != CONTAINER) {
        return wrong(run, "this kind of object has the slots of its type");
    }
    if (event->slot > MAX_SLOTS) {
        return wrong(run, "more slots than the driver can give an object");
    }
    if (type->kind == TUPLE && event->slot == 0) {
        return wrong(run, "the empty tuple is a singleton");
    }
    run->most_slots = event->slot > run->most_slots ? event->slot : run->most_slots;
    if (at == fields->number) {
        return true;
    }
    if (strcmp(fields->text[at++], "=") != 0 || fields->number - at != event->slot) {
        return wrong(run, "one target for each slot expected");
    }
    event->first = run->targets.size;
    event->number = event->slot;
    for (; at < fields->number; at++) {
        size_t *target = append(&run->targets, sizeof *target);
        if (!target || !number(run, fields->text[at], target)) {
            return false;
        }
        if (*target >= event->object) {
            return wrong(run, "a target that is not allocated");
        }
    }
    return true;
}

/* Argument tuples are made here, before the run, because making them would count. */
static bool parse_call(struct run *run, struct event *event, const struct fields *fields)
{
    const size_t first = event->op == 'c' ? 1 : 2;
    if (fields->number < 2) {
        return wrong(run, "a field is missing");
    }
    if (event->op == 'c') {
        event->action = COLLECT;
    } else if (strcmp(fields->text[1], "threshold") == 0) {
        event->action = THRESHOLD;
    } else {
        while (event->action < THRESHOLD &&
               strcmp(fields->text[1], action_names[event->action]) != 0) {
            event->action++;
        }
        if (event->action == THRESHOLD) {
            return wrong(run, "an unknown call of the module gc");
        }
    }
    if (!run->actions[event->action]) {
        return wrong(run, "this interpreter's module gc has no such function");
    }
    PyObject **arguments = append(&run->arguments, sizeof *arguments);
    if (!arguments) {
        return false;
    }
    event->first = run->arguments.size - 1;
    *arguments = PyTuple_New((Py_ssize_t)(fields->number - first));
    for (size_t i = first; *arguments && i < fields->number; i++) {
        PyObject *value = PyLong_FromString(fields->text[i], NULL, 10);
        if (!value) {
            PyErr_Clear();
            return wrong(run, "a number expected");
        }
        PyTuple_SET_ITEM(*arguments, (Py_ssize_t)(i - first), value);
    }
    return *arguments != NULL;
}

static bool parse_weak(struct run *run, struct event *event, const struct fields *fields)
{
    const struct event *before = event - 1;
    if (fields->number < 3 || fields->number > 4 ||
        !number(run, fields->text[1], &event->object) ||
        !number(run, fields->text[2], &event->other)) {
        return PyErr_Occurred() ? false : wrong(run, "a weak reference and a target expected");
    }
    if (run->events.size < 2 || before->op != 'a' || before->object != event->object ||
        event->other == 0 || event->other >= event->object) {
        return wrong(run, "k stands directly behind the allocation of its weak reference");
    }
    if (fields->number == 4) {
        event->action = strcmp(fields->text[3], "keep") == 0 ? 1 : 2;
        if (event->action == 2 && strcmp(fields->text[3], "drop") != 0) {
            return wrong(run, "keep or drop expected");
        }
    }
    return true;
}

static bool known_object(const struct run *run, size_t object)
{
    return object > 0 && object <= run->allocations
               ? true
               : wrong(run, "an object that is not allocated");
}

static bool parse_event(struct run *run, const struct fields *fields)
{
    struct event *event = append(&run->events, sizeof *event);
    if (!event) {
        return false;
    }
    event->op = fields->text[0][0];
    switch (event->op) {
    case 'a':
        return parse_allocation(run, event, fields);
    case 's':
        return fields->number == 4 && number(run, fields->text[1], &event->object) &&
               number(run, fields->text[2], &event->slot) &&
               number(run, fields->text[3], &event->other) &&
               known_object(run, event->object) &&
               (event->other == 0 || known_object(run, event->other));
    case 'r':
    case 'd':
        return fields->number == 2 && number(run, fields->text[1], &event->object) &&
               known_object(run, event->object);
    case 'k':
        return parse_weak(run, event, fields);
    case 'c':
    case 'g':
        return parse_call(run, event, fields);
    case 'u':
    case 'v':
        return fields->number == 1;
    case 'z':
    case 'w':
    case 'i':
    case 'b':
    case 'e':
    case 'm':
        return true;
    default:
        return wrong(run, "an unknown event");
    }
}

/* C0,C1,C2,TOTAL,PENDING */
static bool parse_start(struct run *run, char *text)
{
    for (int i = 0; i < 5; i++) {
        char *comma = strchr(text, ',');
        if ((comma == NULL) != (i == 4)) {
            return wrong(run, "start=C0,C1,C2,TOTAL,PENDING expected");
        }
        if (comma) {
            *comma = '\0';
        }
        if (!number(run, text, &run->start[i])) {
            return false;
        }
        text = comma + 1;
    }
    return true;
}

static bool parse_option(struct run *run, char *text)
{
    char *value = strchr(text, '=');
    if (!value) {
        return wrong(run, "NAME=VALUE expected");
    }
    *value++ = '\0';
    if (strcmp(text, "roots") == 0) {
        return true; /* they do not matter to a collector that never looks at them */
    }
    if (strcmp(text, "objects") == 0) {
        return strncmp(value, "3.", 2) == 0 ? number(run, value + 2, &run->objects_minor)
                                            : wrong(run, "objects=3.N expected");
    }
    if (strcmp(text, "standing") == 0) {
        return number(run, value, &run->standing);
    }
    if (strcmp(text, "start") == 0) {
        return parse_start(run, value);
    }
    if (strcmp(text, "freelists") == 0) {
        run->resolved = true;
        return can_resolve_free_lists()
                   ? true
                   : wrong(run, "this interpreter's free lists are out of the driver's reach");
    }
    return wrong(run, "the driver cannot honour this option");
}

static bool parse_line(struct run *run, struct fields *fields, char *line)
{
    if (run->line == 1) {
        return strcmp(line, "gctrace 1") == 0 ? true : wrong(run, "not a text trace");
    }
    if (!*line || *line == '#') {
        return true;
    }
    if (!split(fields, line)) {
        return false;
    }
    if (strlen(fields->text[0]) != 1) {
        return wrong(run, "an unknown line");
    }
    if (*fields->text[0] == 't') {
        return parse_type(run, fields);
    }
    if (*fields->text[0] == 'o') {
        return fields->number == 2 ? parse_option(run, fields->text[1])
                                   : wrong(run, "an option expected");
    }
    return parse_event(run, fields)
               ? true
               : (PyErr_Occurred() ? false : wrong(run, "a wrong number of fields"));
}

bool parse(struct run *run, char *text)
{
    struct fields fields = {0};
    bool good = true;
    for (char *line = text; good && line && *line;) {
        char *end = strchr(line, '\n');
        if (end) {
            *end++ = '\0';
        }
        run->line++;
        good = parse_line(run, &fields, line);
        line = end;
    }
    free(fields.text);
    if (good && run->line == 0) {
        return wrong(run, "an empty trace");
    }
    return good;
}
