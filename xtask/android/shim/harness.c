/* Loads libswipekit.so as a Java virtual machine would, with a virtual machine that is made of this file: JNI_OnLoad, then the search of
 * encoder frames by the registered method `searchFrames`.
 *
 *   harness LIBRARY                     names of what is registered and looked up, a line each
 *   harness LIBRARY BUNDLE FRAMES...    also searches each file of frames (little-endian floats) and writes FILE.got (packed result);
 *                                       then wants exceptions of a bundle that is not there, and of an array that makes native code panic
 *
 * A function of JNI that is not written here ends the program with its number. */
#include <dlfcn.h>
#include <jni.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NATIVE "io/github/swipekit/internal/Native"

/* Every reference is one of these; none is ever freed. */
struct object {
  enum { CLASS, STRING, FLOATS, BYTES, THROWABLE, OTHER } kind;
  jsize length;
  void *data;
};

static jobject make(int kind, jsize length, void *data) {
  struct object *object = malloc(sizeof *object);
  *object = (struct object){kind, length, data};
  return (jobject)object;
}

static struct object *of(jobject reference) { return (struct object *)reference; }

static struct {
  char name[64];
  void *function;
} methods[128];
static int method_count;

/* What was thrown last; its code and message. */
static jobject pending;
static int thrown_code;
static char thrown_message[512];

static void fail(const char *what) {
  fprintf(stderr, "harness: %s\n", what);
  exit(1);
}

static void unexpected(int number) {
  fprintf(stderr, "harness: native code calls JNI function %d\n", number);
  exit(1);
}

static JavaVM machine;
static JNIEnv environment;

static jint GetEnv(JavaVM *vm, void **env, jint version) {
  (void)vm, (void)version;
  *env = &environment;
  return JNI_OK;
}
static jint AttachCurrentThread(JavaVM *vm, void **env, void *arguments) {
  (void)vm, (void)arguments;
  *env = &environment;
  return JNI_OK;
}
static jint DetachCurrentThread(JavaVM *vm) { return (void)vm, JNI_OK; }

static jint GetVersion(JNIEnv *env) { return (void)env, JNI_VERSION_1_8; }
static jint GetJavaVM(JNIEnv *env, JavaVM **vm) { return (void)env, *vm = &machine, JNI_OK; }
static jint PushLocalFrame(JNIEnv *env, jint capacity) { return (void)env, (void)capacity, JNI_OK; }
static jobject PopLocalFrame(JNIEnv *env, jobject result) { return (void)env, result; }
static jint EnsureLocalCapacity(JNIEnv *env, jint capacity) { return (void)env, (void)capacity, JNI_OK; }
static jobject same(JNIEnv *env, jobject object) { return (void)env, object; }
static void drop(JNIEnv *env, jobject object) { (void)env, (void)object; }
static jobjectRefType GetObjectRefType(JNIEnv *env, jobject object) { return (void)env, (void)object, JNILocalRefType; }
static jboolean IsSameObject(JNIEnv *env, jobject a, jobject b) { return (void)env, a == b; }
static jboolean IsInstanceOf(JNIEnv *env, jobject object, jclass class) { return (void)env, (void)object, (void)class, JNI_TRUE; }
static jboolean IsAssignableFrom(JNIEnv *env, jclass a, jclass b) { return (void)env, (void)a, (void)b, JNI_TRUE; }
static jclass GetObjectClass(JNIEnv *env, jobject object) { return (void)env, (void)object, make(CLASS, 0, "?"); }

static jclass FindClass(JNIEnv *env, const char *name) {
  (void)env;
  printf("class %s\n", name);
  return make(CLASS, (jsize)strlen(name), strdup(name));
}
static jmethodID GetStaticMethodID(JNIEnv *env, jclass class, const char *name, const char *signature) {
  (void)env;
  printf("static %s %s %s\n", (char *)of(class)->data, name, signature);
  return (jmethodID)strdup(name);
}
/* The crate jni keeps methods of java.lang.Class and others; none of them is called. */
static jmethodID GetMethodID(JNIEnv *env, jclass class, const char *name, const char *signature) {
  (void)env, (void)class, (void)signature;
  return (jmethodID)strdup(name);
}
static jint RegisterNatives(JNIEnv *env, jclass class, const JNINativeMethod *natives, jint count) {
  (void)env;
  if (strcmp(of(class)->data, NATIVE) != 0) fail("methods of another class are registered");
  for (jint at = 0; at < count; at++) {
    printf("native %s %s\n", natives[at].name, natives[at].signature);
    if (method_count == sizeof methods / sizeof *methods) fail("too many methods");
    snprintf(methods[method_count].name, sizeof methods->name, "%s", natives[at].name);
    methods[method_count++].function = natives[at].fnPtr;
  }
  return JNI_OK;
}

static jboolean ExceptionCheck(JNIEnv *env) { return (void)env, pending != NULL; }
static jthrowable ExceptionOccurred(JNIEnv *env) { return (void)env, pending; }
static void ExceptionClear(JNIEnv *env) { (void)env, pending = NULL; }
static jint Throw(JNIEnv *env, jthrowable throwable) { return (void)env, pending = throwable, JNI_OK; }
static jobject CallStaticObjectMethodA(JNIEnv *env, jclass class, jmethodID method, const jvalue *arguments) {
  (void)env;
  /* The crate jni asks Java's own classes for class loaders and classes. */
  if (strncmp(of(class)->data, "java/", 5) == 0) return make(OTHER, 0, NULL);
  if (strcmp((char *)method, "exception") != 0) fail("another method is called");
  thrown_code = arguments[0].i;
  snprintf(thrown_message, sizeof thrown_message, "%s", (char *)of(arguments[1].l)->data);
  return make(THROWABLE, 0, NULL);
}

static jobject CallObjectMethodA(JNIEnv *env, jobject object, jmethodID method, const jvalue *arguments) {
  (void)env, (void)object, (void)method, (void)arguments;
  return make(OTHER, 0, NULL);
}

static jstring NewStringUTF(JNIEnv *env, const char *text) { return (void)env, make(STRING, (jsize)strlen(text), strdup(text)); }
/* Plain ASCII, one unit a byte. */
static jstring NewString(JNIEnv *env, const jchar *units, jsize length) {
  (void)env;
  char *text = calloc((size_t)length + 1, 1);
  for (jsize at = 0; at < length; at++) text[at] = (char)units[at];
  return make(STRING, length, text);
}
static jsize length(JNIEnv *env, jobject object) { return (void)env, of(object)->length; }
static const char *GetStringUTFChars(JNIEnv *env, jstring text, jboolean *is_copy) {
  (void)env;
  if (is_copy) *is_copy = JNI_FALSE;
  return of(text)->data;
}
static void ReleaseStringUTFChars(JNIEnv *env, jstring text, const char *chars) { (void)env, (void)text, (void)chars; }
static void GetStringUTFRegion(JNIEnv *env, jstring text, jsize start, jsize count, char *to) {
  (void)env;
  memcpy(to, (char *)of(text)->data + start, (size_t)count);
  to[count] = 0;
}
static void GetFloatArrayRegion(JNIEnv *env, jfloatArray array, jsize start, jsize count, jfloat *to) {
  (void)env;
  memcpy(to, (float *)of(array)->data + start, sizeof *to * (size_t)count);
}
static jbyteArray NewByteArray(JNIEnv *env, jsize count) { return (void)env, make(BYTES, count, calloc((size_t)count + 1, 1)); }
static void SetByteArrayRegion(JNIEnv *env, jbyteArray array, jsize start, jsize count, const jbyte *from) {
  (void)env;
  memcpy((char *)of(array)->data + start, from, (size_t)count);
}

/* A function for each place in JNI's table that says its number. */
#define PLACE(tens, ones) static void place##tens##ones(void) { unexpected(tens * 10 + ones); }
#define PLACES(tens) PLACE(tens, 0) PLACE(tens, 1) PLACE(tens, 2) PLACE(tens, 3) PLACE(tens, 4) PLACE(tens, 5) PLACE(tens, 6) PLACE(tens, 7) PLACE(tens, 8) PLACE(tens, 9)
PLACES(0) PLACES(1) PLACES(2) PLACES(3) PLACES(4) PLACES(5) PLACES(6) PLACES(7) PLACES(8) PLACES(9) PLACES(10) PLACES(11) PLACES(12) PLACES(13)
PLACES(14) PLACES(15) PLACES(16) PLACES(17) PLACES(18) PLACES(19) PLACES(20) PLACES(21) PLACES(22) PLACES(23)
#define NAMES(tens) place##tens##0, place##tens##1, place##tens##2, place##tens##3, place##tens##4, place##tens##5, place##tens##6, place##tens##7, place##tens##8, place##tens##9
static void (*const places[])(void) = {NAMES(0), NAMES(1), NAMES(2), NAMES(3), NAMES(4), NAMES(5), NAMES(6), NAMES(7), NAMES(8), NAMES(9), NAMES(10), NAMES(11),
  NAMES(12), NAMES(13), NAMES(14), NAMES(15), NAMES(16), NAMES(17), NAMES(18), NAMES(19), NAMES(20), NAMES(21), NAMES(22), NAMES(23)};

static void start(void) {
  static struct JNINativeInterface_ functions;
  size_t count = sizeof functions / sizeof(void *);
  if (count > sizeof places / sizeof *places) fail("JNI's table is longer than thought");
  memcpy(&functions, places, count * sizeof(void *));
#define SET(name) functions.name = name
  SET(GetVersion), SET(GetJavaVM), SET(PushLocalFrame), SET(PopLocalFrame), SET(EnsureLocalCapacity), SET(GetObjectRefType), SET(IsSameObject);
  SET(IsInstanceOf), SET(IsAssignableFrom), SET(GetObjectClass), SET(FindClass), SET(GetStaticMethodID), SET(GetMethodID), SET(RegisterNatives);
  SET(ExceptionCheck), SET(ExceptionOccurred), SET(ExceptionClear), SET(Throw), SET(CallStaticObjectMethodA), SET(CallObjectMethodA), SET(NewStringUTF), SET(NewString);
  SET(GetStringUTFChars), SET(ReleaseStringUTFChars), SET(GetStringUTFRegion), SET(GetFloatArrayRegion), SET(NewByteArray);
  SET(SetByteArrayRegion);
  functions.NewGlobalRef = functions.NewLocalRef = functions.NewWeakGlobalRef = same;
  functions.DeleteGlobalRef = functions.DeleteLocalRef = functions.DeleteWeakGlobalRef = drop;
  functions.GetStringUTFLength = functions.GetStringLength = functions.GetArrayLength = length;
  environment = &functions;
  static struct JNIInvokeInterface_ calls;
  calls.GetEnv = GetEnv;
  calls.AttachCurrentThread = calls.AttachCurrentThreadAsDaemon = AttachCurrentThread;
  calls.DetachCurrentThread = DetachCurrentThread;
  machine = &calls;
}

typedef jbyteArray (*search_frames)(JNIEnv *, jclass, jstring, jfloatArray);

static void want(int code, const char *what) {
  if (!pending) fail(what);
  printf("thrown %d %s\n", thrown_code, thrown_message);
  if (thrown_code != code) fail(what);
  pending = NULL;
}

int main(int count, char **arguments) {
  if (count < 2) fail("usage: harness LIBRARY [BUNDLE FRAMES...]");
  void *library = dlopen(arguments[1], RTLD_NOW);
  if (!library) fail(dlerror());
  jint (*on_load)(JavaVM *, void *) = (jint(*)(JavaVM *, void *))dlsym(library, "JNI_OnLoad");
  if (!on_load) fail("no JNI_OnLoad");
  start();
  jint version = on_load(&machine, NULL);
  printf("JNI_OnLoad %#x\n", (unsigned)version);
  if (version != JNI_VERSION_1_6) fail("JNI_OnLoad has failed");
  if (count < 3) return 0;
  search_frames search = NULL;
  for (int at = 0; at < method_count; at++)
    if (strcmp(methods[at].name, "searchFrames") == 0) search = (search_frames)methods[at].function;
  if (!search) fail("no searchFrames");
  jclass class = make(CLASS, 0, NATIVE);
  jstring bundle = NewStringUTF(&environment, arguments[2]);
  for (int at = 3; at < count; at++) {
    FILE *file = fopen(arguments[at], "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) fail(arguments[at]);
    long bytes = ftell(file);
    rewind(file);
    float *frames = malloc((size_t)bytes);
    if (fread(frames, 1, (size_t)bytes, file) != (size_t)bytes) fail(arguments[at]);
    fclose(file);
    jbyteArray result = search(&environment, class, bundle, make(FLOATS, (jsize)(bytes / (long)sizeof(float)), frames));
    if (pending || !result) fail(thrown_message);
    char name[4096];
    snprintf(name, sizeof name, "%s.got", arguments[at]);
    file = fopen(name, "wb");
    if (!file || fwrite(of(result)->data, 1, (size_t)of(result)->length, file) != (size_t)of(result)->length || fclose(file) != 0) fail(name);
    printf("searched %s\n", arguments[at]);
  }
  static float none[4];
  search(&environment, class, NewStringUTF(&environment, "/nowhere"), make(FLOATS, 4, none));
  want(1, "a bundle that is not there is not refused");
  /* No virtual machine gives this; native code cannot reserve as much, panics, and the unwinder must take it from there. */
  search(&environment, class, bundle, make(FLOATS, -1, none));
  want(9, "a panic does not become an exception");
  puts("done");
  return 0;
}
