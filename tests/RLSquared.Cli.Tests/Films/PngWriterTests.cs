using RLSquared.Reproduction.Plots;

namespace RLSquared.Cli.Tests.Films;

public sealed class PngWriterTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(50, 40)]
    public void A_picture_comes_back_with_its_size_and_every_pixel(int width, int height)
    {
        var picture = new Picture(width, height);
        new System.Random(1).NextBytes(picture.Pixels);
        using var file = new MemoryStream();
        PngWriter.Write(file, picture);
        byte[] bytes = file.ToArray();
        // The end of every file of this kind: no data, IEND, and its check.
        Assert.Equal([0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82], bytes[^12..]);
        (int W, int H, byte[] pixels) = PngReader.Read(bytes);
        Assert.Equal((width, height), (W, H));
        Assert.Equal(picture.Pixels, pixels);
    }
}
