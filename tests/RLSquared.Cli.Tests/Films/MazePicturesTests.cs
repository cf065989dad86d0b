using RLSquared.Cli.Films;
using RLSquared.Reproduction.Plots;
using RLSquared.Tasks.Mazes;

namespace RLSquared.Cli.Tests.Films;

public sealed class MazePicturesTests
{
    static readonly Maze maze = MazeSets.Of(MazeSize.Small, MazeSplit.Test)[0];

    // The map of 7 × 7 cells: 30 / 7 = 4 pixels each. Between view and map are 2 pixels.
    [Fact]
    public void A_picture_is_the_view_and_beside_it_the_map_with_walls_target_and_agent()
    {
        float[] view = View();
        Picture picture = new MazePictures(maze, scale: 1).Draw(view, maze.Start, episode: 1);
        Assert.Equal((40 + 2 + 7 * 4, 30), (picture.Width, picture.Height));
        for (int pixel = 0; pixel < 40 * 30; pixel++)
        {
            ReadOnlySpan<float> seen = view.AsSpan(pixel * 3, 3);
            Assert.Equal(
                new Colour((byte)seen[0], (byte)seen[1], (byte)seen[2]), picture[pixel % 40, pixel / 40]);
        }
        Colour wall = picture[42, 0];                               // the outer wall, at the map's top left
        Colour target = picture[42 + maze.Target.X * 4 + 1, maze.Target.Y * 4 + 1];
        int x = maze.Start.X * 4 / Pose.UnitsPerCell, y = maze.Start.Y * 4 / Pose.UnitsPerCell;
        Colour agent = picture[42 + x, y];
        Assert.Equal(3, new[] { wall, target, agent }.Distinct().Count());
        for (int cell = 0; cell < 49; cell++)
            Assert.Equal(maze.IsWall(cell % 7, cell / 7), picture[42 + cell % 7 * 4, cell / 7 * 4] == wall);
    }

    [Fact]
    public void Where_the_agent_has_been_stays_on_the_map_and_changes_its_colour_with_the_next_episode()
    {
        var pictures = new MazePictures(maze, scale: 4);
        Pose start = maze.Start, elsewhere = start with { X = start.X + Pose.UnitsPerCell };
        int size = 30 * 4 / 7, x = 42 * 4 + start.X * size / Pose.UnitsPerCell, y = start.Y * size / Pose.UnitsPerCell;
        Colour here = pictures.Draw(View(), start, 1)[x, y];
        Colour been = pictures.Draw(View(), elsewhere, 1)[x, y];
        Colour before = pictures.Draw(View(), elsewhere, 2)[x, y];
        Assert.Equal(3, new[] { here, been, before }.Distinct().Count());
    }

    [Fact]
    public void A_half_block_shows_a_pixel_above_another()
    {
        var picture = new Picture(2, 3);
        picture.Set(0, 0, new Colour(1, 2, 3));
        picture.Set(0, 1, new Colour(4, 5, 6));
        picture.Set(1, 2, new Colour(7, 8, 9));
        Assert.Equal(
        [
            "\e[38;2;1;2;3m\e[48;2;4;5;6m▀\e[38;2;0;0;0m\e[48;2;0;0;0m▀\e[0m",
            "\e[38;2;0;0;0m\e[48;2;0;0;0m▀\e[38;2;7;8;9m\e[48;2;0;0;0m▀\e[0m",
        ], picture.HalfBlocks());
    }

    static float[] View()
    {
        float[] view = new float[40 * 30 * 3];
        MazeView.Draw(maze, maze.Start, view);
        return view;
    }
}
