using RLSquared.Gpu.Cuda;
using RLSquared.Gpu.Kernels;

namespace RLSquared.Gpu.Tests;

public sealed class KernelTextTests
{
    [Fact]
    public void The_shipped_PTX_is_what_the_kernels_compile_to() =>
        Assert.True(PtxText.Write() == KernelTexts.Whole.ReplaceLineEndings("\n"),
            "run: dotnet run -c Release --project src/RLSquared.Gpu.Kernels -- src/RLSquared.Gpu");

    [Fact]
    public void Every_kernel_has_a_name_and_a_text()
    {
        Assert.Equal(KernelSet.Methods.Keys, Enum.GetNames<Kernel>());
        Assert.Equal(KernelSet.Methods.Keys, KernelTexts.ByName.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(11000, "7.0")]
    [InlineData(11080, "7.8")]
    [InlineData(12040, "8.4")]
    [InlineData(13000, "9.0")]
    [InlineData(10020, "6.5")]
    public void A_driver_takes_the_PTX_of_its_CUDA_version(int cuda, string ptx) =>
        Assert.Equal(Version.Parse(ptx), KernelTexts.NewestOf(cuda));

    [Fact]
    public void A_driver_that_is_too_old_is_told_in_one_sentence()
    {
        Assert.Null(KernelTexts.Complaint(13000));
        Assert.Equal("the driver is of CUDA 10.2 and takes PTX up to 6.5, but the kernels are PTX 7.0: install a " +
            "driver of CUDA 11.0 or later", KernelTexts.Complaint(10020));
    }
}
