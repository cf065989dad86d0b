using RLSquared.Cli.Films;
using RLSquared.Reproduction.Plots;

namespace RLSquared.Cli.Tests.Films;

public sealed class GifWriterTests
{
    [Fact]
    public void A_film_has_its_size_its_pictures_their_times_and_is_repeated_for_ever()
    {
        Picture[] pictures = [Noise(7, 5, seed: 1), Noise(7, 5, seed: 2), Noise(7, 5, seed: 3)];
        int[] times = [12, 300, 1];
        GifReader film = Film([.. pictures.Zip(times)]);
        Assert.Equal((7, 5), (film.Width, film.Height));
        Assert.Equal(0, film.Repetitions);
        Assert.Equal(times, film.Delays);
        Assert.Equal(pictures.Select(picture => picture.Pixels), film.Frames);
    }

    // 120 · 100 pixels of noise fill the table of 4096 codes three times.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(300, 1)]
    [InlineData(120, 100)]
    public void Colours_of_the_palette_come_back_exactly(int width, int height)
    {
        Picture picture = Noise(width, height, seed: 4);
        Assert.Equal(picture.Pixels, Assert.Single(Film((picture, 1)).Frames));
    }

    // Strings of equal pixels grow by one with each code, so that codes are used that have just been made.
    [Fact]
    public void One_colour_all_over_comes_back_exactly()
    {
        var picture = new Picture(90, 70);
        picture.Fill(0, 0, 90, 70, new Colour(51, 85, 204));
        Assert.Equal(picture.Pixels, Assert.Single(Film((picture, 1)).Frames));
    }

    // No pair of neighbours comes twice (each of 250 differences modulo the prime 251 goes once around), so that every
    // code is one pixel. A table is full after 3839 of them, and 767 codes into the third one the reader has its entry
    // 1023 and expects 11 bits; the end comes just there, and without a bit to spare in the last byte.
    [Theory]
    [InlineData(2 * 3839 + 766)]
    [InlineData(2 * 3839 + 767)]
    [InlineData(2 * 3839 + 768)]
    public void The_end_is_as_wide_as_a_strict_reader_expects(int pixels)
    {
        var picture = new Picture(pixels, 1);
        int colour = 0;
        for (int i = 0; i < pixels; i++)
        {
            picture.Set(i, 0, OfPalette(colour));
            colour = (colour + 1 + i / 251) % 251;
        }
        Assert.Equal(picture.Pixels, Assert.Single(Film((picture, 1)).Frames));
    }

    // Levels of red and blue are 51 apart and those of green 42.5.
    [Fact]
    public void Other_colours_become_the_nearest_of_the_palette()
    {
        var picture = new Picture(256, 1);
        for (int i = 0; i < 256; i++)
            picture.Set(i, 0, new Colour((byte)i, (byte)(255 - i), (byte)(i * 7 % 256)));
        byte[] shown = Assert.Single(Film((picture, 1)).Frames);
        for (int i = 0; i < shown.Length; i++)
            Assert.InRange(Math.Abs(shown[i] - picture.Pixels[i]), 0, i % 3 == 1 ? 22 : 26);
    }

    static GifReader Film(params (Picture Picture, int Hundredths)[] frames)
    {
        using var file = new MemoryStream();
        using (var film = new GifWriter(file, frames[0].Picture.Width, frames[0].Picture.Height))
        {
            foreach ((Picture picture, int hundredths) in frames)
                film.Add(picture, hundredths);
        }
        return new GifReader(file.ToArray());
    }

    static Picture Noise(int width, int height, int seed)
    {
        var random = new System.Random(seed);
        var picture = new Picture(width, height);
        for (int i = 0; i < width * height; i++)
            picture.Set(i % width, i / width, OfPalette(random.Next(252)));
        return picture;
    }

    // 6 levels of red, 7 of green, 6 of blue.
    static Colour OfPalette(int number) => new(
        (byte)(number / 42 * 51), (byte)(number / 6 % 7 * 255 / 6), (byte)(number % 6 * 51));
}
