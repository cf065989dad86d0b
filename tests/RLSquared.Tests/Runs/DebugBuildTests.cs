using System.Diagnostics;
using System.Reflection;
using System.Reflection.Emit;
using RLSquared.Runs;

namespace RLSquared.Tests.Runs;

public sealed class DebugBuildTests
{
    [Theory]
    [InlineData(DebuggableAttribute.DebuggingModes.Default | DebuggableAttribute.DebuggingModes.DisableOptimizations)]
    [InlineData(DebuggableAttribute.DebuggingModes.IgnoreSymbolStoreSequencePoints)]
    public void An_assembly_is_optimised_unless_it_was_built_in_debug(DebuggableAttribute.DebuggingModes modes)
    {
        ConstructorInfo constructor =
            typeof(DebuggableAttribute).GetConstructor([typeof(DebuggableAttribute.DebuggingModes)])!;
        var built = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("built"), AssemblyBuilderAccess.Run);
        Assert.True(DebugBuild.IsOptimised(built));
        built.SetCustomAttribute(new CustomAttributeBuilder(constructor, [modes]));
        Assert.Equal(
            (modes & DebuggableAttribute.DebuggingModes.DisableOptimizations) == 0, DebugBuild.IsOptimised(built));
    }

    [Fact]
    public void The_warning_is_one_line_with_the_command_that_is_right()
    {
        using var output = new StringWriter();
        DebugBuild.Warn(output);
        Assert.Equal(
            "warning: RLSquared was built in Debug and trains about 25 times slower. "
            + "Build in Release: dotnet run -c Release …", output.ToString().TrimEnd());
    }

    [Fact]
    public void An_output_that_cannot_be_written_stops_no_training()
    {
        using var full = new Full();
        DebugBuild.Warn(full);
        Assert.Equal(1, full.Attempts);
    }

    sealed class Full : StringWriter
    {
        public int Attempts { get; private set; }

        public override void WriteLine(string? value)
        {
            Attempts++;
            throw new IOException("no space left on device");
        }
    }
}
