package renkei;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * Keeps Zeebe's gossip socket (UDP) on this machine. Zeebe 8.6 binds it to every interface and has no setting for it:
 * NettyUnicastService calls {@code new InetSocketAddress(port)}. Here that call becomes
 * {@code new InetSocketAddress(InetAddress.getLoopbackAddress(), port)}.
 */
public final class LoopbackAgent implements ClassFileTransformer {
  private static final String TARGET = "io/atomix/cluster/messaging/impl/NettyUnicastService";
  private static final String ADDRESS = "java/net/InetSocketAddress";

  /** Called by the JVM before main. */
  public static void premain(String arguments, Instrumentation instrumentation) {
    instrumentation.addTransformer(new LoopbackAgent());
  }

  @Override
  public byte[] transform(
      ClassLoader loader, String name, Class<?> redefined, ProtectionDomain domain, byte[] bytes) {
    if (!TARGET.equals(name)) {
      return null;
    }
    ClassReader reader = new ClassReader(bytes);
    ClassWriter writer = new ClassWriter(reader, ClassWriter.COMPUTE_MAXS);
    reader.accept(new Rewriter(writer), 0);
    return writer.toByteArray();
  }

  private static final class Rewriter extends ClassVisitor {
    Rewriter(ClassVisitor next) {
      super(Opcodes.ASM9, next);
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String name, String descriptor, String signature, String[] exceptions) {
      MethodVisitor next = super.visitMethod(access, name, descriptor, signature, exceptions);
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
}
