using RLSquared.Tasks.Mazes;

namespace RLSquared.Tests.Tasks.Mazes;

public sealed class MazeViewTests
{
    const int Width = MazeView.Width, Height = MazeView.Height;

    // The agent stands in the middle of a cell before a wall, half a cell away: the wall is 20 · 0.5 / 0.5 = 20 pixels
    // high to each side of the horizon, so it fills all 15 rows above and below it in every column that meets it, and
    // those are all: the half-cell to each side is seen at 45°, the edge of the view.
    [Fact]
    public void A_wall_straight_ahead_fills_the_view()
    {
        var maze = Maze.Parse(9, "#####", "#S T#", "#####", "#   #", "#####");
        float[] image = Draw(maze, maze.Start);
        HashSet<(float, float, float)> colours = [.. image.Chunk(3).Select(pixel => (pixel[0], pixel[1], pixel[2]))];
        Assert.Equal(2, colours.Count);                                                  // one look has two colours
    }

    // In the middle of a corridor left and right are as far away: the wall's edge must be at mirrored rows.
    [Fact]
    public void A_corridor_is_as_high_on_the_left_as_on_the_right()
    {
        var maze = Maze.Parse(0, "#######", "#S   T#", "#######", "#     #", "#######", "#     #", "#######");
        float[] image = Draw(maze, maze.Start), floor = Draw(maze, maze.Start);
        for (int column = 0; column < Width / 2; column++)
        {
            for (int row = 0; row < Height; row++)
                Assert.Equal(IsCeiling(row, column), IsCeiling(row, Width - 1 - column));
        }
        // At the left edge, 0.5 / (39/40) deep, all is wall; next to the middle it is 20 times as deep, 1 pixel high.
        Assert.False(IsCeiling(0, 0));
        Assert.True(IsCeiling(10, 19));

        // The ceiling is the only thing as blue as this and as bright in all three channels.
        bool IsCeiling(int row, int column)
        {
            ReadOnlySpan<float> pixel = image.AsSpan((row * Width + column) * 3, 3);
            float light = 0.4f + 0.6f * (14.5f - row) / 15;
            return row < 15 && pixel[0] == (int)(70 * light) && pixel[1] == (int)(80 * light)
                && pixel[2] == (int)(100 * light);
        }
    }

    // Two cells ahead, a pillar of radius 0.2 in a view of 20 pixels per unit at depth 1: 20 · 0.2 / 2 = 2 pixels to
    // each side of the middle. Nothing else is as red as 255.
    [Theory]
    [InlineData(0, 18, 21)]
    [InlineData(6, -1, -1)]
    public void The_target_glows_where_it_is_seen(int heading, int firstColumn, int lastColumn)
    {
        var maze = Maze.Parse(heading, "#####", "#S T#", "#####", "#   #", "#####");
        float[] image = Draw(maze, maze.Start);
        int[] columns = [.. Enumerable.Range(0, Width * Height)
            .Where(pixel => image[3 * pixel] == 255).Select(pixel => pixel % Width).Distinct().Order()];
        Assert.Equal(firstColumn < 0 ? [] : [.. Enumerable.Range(firstColumn, lastColumn - firstColumn + 1)], columns);
    }

    [Fact]
    public void Every_pixel_is_a_whole_number_from_0_to_255_from_every_free_place()
    {
        float[] image = new float[MazeView.Width * MazeView.Height * 3];
        Maze maze = MazeSets.Of(MazeSize.Large, MazeSplit.Train)[0];
        for (int i = 0; i < 4000; i++)
        {
            var pose = new Pose(24 + i * 37 % 216, 24 + i * 53 % 216, i % Pose.Headings);
            if (!Pose.IsFree(maze, pose.X, pose.Y))
                continue;
            MazeView.Draw(maze, pose, image);
            Assert.DoesNotContain(image, number => number != (byte)number);
        }
    }

    static float[] Draw(Maze maze, Pose pose)
    {
        float[] image = new float[Width * Height * MazeView.Channels];
        MazeView.Draw(maze, pose, image);
        return image;
    }
}
