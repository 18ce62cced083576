package io.github.swipekit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.swipekit.internal.Native;
import io.github.swipekit.internal.NativeLibrary;
import java.io.File;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What Java sees: nulls, overloads, checked exceptions. */
class JavaUseTest {
    private final SwipeTrace trace = Fixtures.INSTANCE.sample("keyboard");

    @Test
    void aKeyboardInJava() throws SwipeException {
        Fixtures.INSTANCE.getLibrary();
        EngineOptions options = new EngineOptions.Builder().runtimeLibrary(Fixtures.INSTANCE.getRuntime()).build();
        try (SwipeEngine engine = SwipeEngine.open(Fixtures.INSTANCE.getBundle(), options);
                CancelToken token = new CancelToken();
                SwipeSession session = engine.newSession()) {
            engine.warmUpBlocking();
            assertEquals("keyboard", engine.decodeBlocking(trace).get(0).getWord());
            DecodeOptions few = new DecodeOptions.Builder().candidates(2).build();
            assertEquals(2, engine.decodeBlocking(trace, few).size());
            assertEquals(2, engine.decodeBlocking(trace, few, token).size());
            session.begin(trace.getArea());
            session.push(trace.toArray(), trace.getSize());
            List<Candidate> words = session.finishBlocking();
            assertEquals("keyboard", words.get(0).getWord());
            assertNull(engine.getWords().add("javaish"));
            assertEquals(1, engine.getWords().getSize());
            assertThrows(BundleNotFoundException.class, () -> engine.getWords().importFrom(new File("/no/such/file")));
            KeyboardLayout layout = KeyboardLayout.qwerty(new LetterArea(0, 0, 1, 1));
            assertFalse(layout.getKeys().isEmpty());
            token.cancel();
            assertThrows(DecodeCancelledException.class, () -> engine.decodeBlocking(trace, few, token));
        }
    }

    /** Kotlin checks what is given to its API, and names the parameter as for any Kotlin library. */
    @Test
    void nullsForKotlin() {
        SwipeEngine engine = Fixtures.INSTANCE.getEngine();
        for (NullPointerException thrown : List.of(
                assertThrows(NullPointerException.class, () -> engine.decodeBlocking(null)),
                assertThrows(NullPointerException.class, () -> SwipeEngine.open((String) null)),
                assertThrows(NullPointerException.class, () -> SwipeEngine.openBuffer((ByteBuffer) null)),
                assertThrows(NullPointerException.class, () -> trace.add(null, 1)),
                assertThrows(NullPointerException.class, () -> engine.getWords().add(null)))) {
            assertTrue(thrown.getMessage().contains("parameter"), thrown.getMessage());
        }
        try (SwipeSession session = engine.newSession()) {
            assertThrows(NullPointerException.class, () -> session.push((double[]) null, 1));
            assertThrows(NullPointerException.class, () -> session.setContext(null));
        } catch (SwipeException failure) {
            throw new AssertionError(failure);
        }
    }

    /** Native code checks it too. */
    @Test
    void nullsForNativeCode() throws SwipeException {
        Fixtures.INSTANCE.getLibrary();
        NativeLibrary.INSTANCE.load();
        String bundle = Fixtures.INSTANCE.getBundle().getPath();
        String runtime = Fixtures.INSTANCE.getRuntime();
        int[] options = {-1, 1, 64, 1 << 16};
        float[] area = {0, 0, 1, 1};
        double[] points = trace.toArray();
        int count = trace.getSize();
        long engine = Native.engineOpen(bundle, null, "", runtime);
        long session = Native.liveOpen(engine, -1, -1, -1, null);
        refused(() -> Native.engineOpen(null, options, "", runtime));
        refused(() -> Native.engineOpen(bundle, options, null, runtime));
        refused(() -> Native.engineOpen(bundle, options, "", null));
        refused(() -> Native.engineOpenDescriptor(0, 0, -1, null, options, "", runtime));
        refused(() -> Native.engineOpenBytes(null, null, 0, 0, "x", options, "", runtime));
        refused(() -> Native.engineOpenBytes(new byte[1], null, 0, 1, null, options, "", runtime));
        refused(() -> Native.engineWithLayout(engine, null, new String[] {"a"}, area));
        refused(() -> Native.engineWithLayout(engine, "x", new String[] {null}, area));
        refused(() -> Native.engineWithLayout(engine, "x", new String[] {"a"}, null));
        refused(() -> Native.engineWithWords(engine, new String[] {null}, new float[] {1}));
        refused(() -> Native.engineWithWords(engine, new String[] {"a"}, null));
        refused(() -> Native.engineWithLanguageModel(engine, null));
        refused(() -> Native.namedLayout(null, 0, 0, 1, 1));
        refused(() -> Native.layoutArea(new String[] {"a"}, null));
        refused(() -> Native.decode(engine, null, 0, area, null, null, 0));
        refused(() -> Native.decode(engine, null, count, area, null, null, 0));
        refused(() -> Native.decode(engine, points, count, null, null, null, 0));
        refused(() -> Native.decode(engine, points, count, area, null, new String[] {null}, 0));
        refused(() -> Native.spell(engine, null, 1, area, 1));
        refused(() -> Native.spell(engine, points, count, null, 1));
        refused(() -> Native.searchFrames(null, new float[128]));
        refused(() -> Native.searchFrames(bundle, null));
        refused(() -> Native.wordsChange(engine, 0, null, 0));
        refused(() -> Native.wordsExport(engine, null));
        refused(() -> Native.wordsImport(engine, null));
        refused(() -> Native.liveBegin(session, null));
        refused(() -> Native.livePush(session, null, 1));
        Native.liveContext(session, null);
        Native.liveContext(session, new String[0]);
        refused(() -> Native.liveContext(session, new String[] {null}));
        assertTrue(Native.decode(engine, points, count, area, null, null, 0).length > 29);
        Native.liveClose(session);
        Native.engineClose(engine);
    }

    private static void refused(org.junit.jupiter.api.function.Executable call) {
        String message = assertThrows(InvalidArgumentException.class, call).getMessage();
        assertTrue(message.contains("must be"), message);
    }
}
