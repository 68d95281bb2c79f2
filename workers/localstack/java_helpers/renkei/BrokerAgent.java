package renkei;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import java.util.Map;
import java.util.function.Function;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Mends two classes of Zeebe 8.6.0, the newest broker that Maven Central has whole, as they are loaded. */
public final class BrokerAgent implements ClassFileTransformer {
  private static final Map<String, Function<ClassVisitor, ClassVisitor>> REPAIRS =
      Map.of(Loopback.TARGET, Loopback::new, CommandCache.TARGET, CommandCache::new);

  /** Called by the JVM before main. */
  public static void premain(String arguments, Instrumentation instrumentation) {
    instrumentation.addTransformer(new BrokerAgent());
  }

  @Override
  public byte[] transform(
      ClassLoader loader, String name, Class<?> redefined, ProtectionDomain domain, byte[] bytes) {
    Function<ClassVisitor, ClassVisitor> repair = name == null ? null : REPAIRS.get(name);
    if (repair == null) {
      return null;
    }
    ClassReader reader = new ClassReader(bytes);
    ClassWriter writer = new ClassWriter(reader, ClassWriter.COMPUTE_MAXS);
    reader.accept(repair.apply(writer), 0);
    return writer.toByteArray();
  }

  /** Copies a class, its methods as {@link #repaired} leaves them. */
  private abstract static class Repair extends ClassVisitor {
    Repair(ClassVisitor next) {
      super(Opcodes.ASM9, next);
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String name, String descriptor, String signature, String[] exceptions) {
      return repaired(name, descriptor, super.visitMethod(access, name, descriptor, signature, exceptions));
    }

    /** Returns what takes the method's code; null when {@code next} has been given another. */
    abstract MethodVisitor repaired(String name, String descriptor, MethodVisitor next);
  }

  /**
   * Keeps the gossip socket (UDP) on this machine. Zeebe binds it to every interface and has no setting for it:
   * NettyUnicastService calls {@code new InetSocketAddress(port)}. Here that call becomes
   * {@code new InetSocketAddress(InetAddress.getLoopbackAddress(), port)}.
   */
  private static final class Loopback extends Repair {
    static final String TARGET = "io/atomix/cluster/messaging/impl/NettyUnicastService";
    private static final String ADDRESS = "java/net/InetSocketAddress";

    Loopback(ClassVisitor next) {
      super(next);
    }

    @Override
    MethodVisitor repaired(String name, String descriptor, MethodVisitor next) {
      return new MethodVisitor(Opcodes.ASM9, next) {
        @Override
        public void visitMethodInsn(
            int opcode, String owner, String method, String type, boolean isInterface) {
          if (ADDRESS.equals(owner) && "<init>".equals(method) && "(I)V".equals(type)) {
            super.visitMethodInsn(
                Opcodes.INVOKESTATIC,
                "java/net/InetAddress",
                "getLoopbackAddress",
                "()Ljava/net/InetAddress;",
                false);
            super.visitInsn(Opcodes.SWAP);
            super.visitMethodInsn(opcode, owner, method, "(Ljava/net/InetAddress;I)V", false);
          } else {
            super.visitMethodInsn(opcode, owner, method, type, isInterface);
          }
        }
      };
    }
  }

  /**
   * Lets jobs time out and come back after a back-off, however often. Zeebe remembers the commands that its clock has
   * written until they are processed, so as not to write them twice, but notes them after the writing: a command that
   * was processed before is remembered for ever, and that job is never given to a worker again (camunda/camunda#29735,
   * mended in 8.6.13). Here they are noted before: {@code add} goes straight to the cache, {@code persist} does
   * nothing.
   */
  private static final class CommandCache extends Repair {
    private static final String CACHE = "io/camunda/zeebe/broker/engine/impl/BoundedScheduledCommandCache";
    private static final String ADD = "(Lio/camunda/zeebe/protocol/record/intent/Intent;J)V";
    static final String TARGET = CACHE + "$StagedCache";

    CommandCache(ClassVisitor next) {
      super(next);
    }

    @Override
    MethodVisitor repaired(String name, String descriptor, MethodVisitor next) {
      boolean add = "add".equals(name) && ADD.equals(descriptor);
      if (!add && !"persist".equals(name)) {
        return next;
      }
      next.visitCode();
      if (add) {
        next.visitVarInsn(Opcodes.ALOAD, 0);
        next.visitFieldInsn(Opcodes.GETFIELD, TARGET, "this$0", "L" + CACHE + ";");
        next.visitVarInsn(Opcodes.ALOAD, 1);
        next.visitVarInsn(Opcodes.LLOAD, 2);
        next.visitMethodInsn(Opcodes.INVOKEVIRTUAL, CACHE, "add", ADD, false);
      }
      next.visitInsn(Opcodes.RETURN);
      next.visitMaxs(0, 0);
      next.visitEnd();
      return null;
    }
  }
}
