using RLSquared.Cli.Output;
using RLSquared.Cli.Sessions;
using RLSquared.Reproduction.Plots;
using RLSquared.Tasks.Mazes;

namespace RLSquared.Cli.Films;

/// <summary>
/// Pictures of a trial in a maze: what the agent sees, and beside it the map, which no agent sees, with walls, target,
/// the agent with its direction, and where it has been: grey in earlier episodes, orange in the present one.
/// </summary>
/// <param name="maze">The maze.</param>
/// <param name="scale">Pixels of a picture for each pixel of the view, in both directions.</param>
internal sealed class MazePictures(Maze maze, int scale)
{
    const int Gap = 2;                                          // between view and map, in pixels of the view

    static readonly Colour wall = new(70, 74, 84), floor = new(226, 222, 212), target = new(226, 40, 40);
    static readonly Colour agent = new(30, 90, 200), past = new(170, 166, 158), present = new(240, 150, 40);

    readonly List<(Pose Pose, int Episode)> path = [];

    /// <summary>Pixels of a map's cell.</summary>
    int CellSize => Math.Max(2, MazeView.Height * scale / maze.Side);

    /// <summary>Notes where the agent is and draws what it sees from there.</summary>
    /// <param name="view">The view, [Height, Width, 3].</param>
    /// <param name="pose">Where the agent is.</param>
    /// <param name="episode">The number of the episode.</param>
    public Picture Draw(ReadOnlySpan<float> view, Pose pose, int episode)
    {
        path.Add((pose, episode));
        int height = Math.Max(MazeView.Height * scale, maze.Side * CellSize), left = (MazeView.Width + Gap) * scale;
        var picture = new Picture(left + maze.Side * CellSize, height);
        for (int y = 0; y < MazeView.Height * scale; y++)
        {
            for (int x = 0; x < MazeView.Width * scale; x++)
            {
                ReadOnlySpan<float> pixel = view.Slice((y / scale * MazeView.Width + x / scale) * 3, 3);
                picture.Set(x, y, new Colour((byte)pixel[0], (byte)pixel[1], (byte)pixel[2]));
            }
        }
        picture.Paste(Map(pose, episode), left, 0);
        return picture;
    }

    Picture Map(Pose pose, int episode)
    {
        int size = CellSize;
        var map = new Picture(maze.Side * size, maze.Side * size);
        for (int y = 0; y < maze.Side; y++)
        {
            for (int x = 0; x < maze.Side; x++)
                map.Fill(x * size, y * size, size, size, maze.IsWall(x, y) ? wall : floor);
        }
        int inset = size / 4;
        int inner = size - 2 * inset;
        map.Fill(maze.Target.X * size + inset, maze.Target.Y * size + inset, inner, inner, target);
        int dot = Math.Max(1, size / 8);
        foreach ((Pose place, int of) in path)
            map.Fill(Pixel(place.X) - dot / 2, Pixel(place.Y) - dot / 2, dot, dot, of == episode ? present : past);

        int body = Math.Max(1, size / 3), x0 = Pixel(pose.X), y0 = Pixel(pose.Y);
        map.Fill(x0 - body / 2, y0 - body / 2, body, body, agent);
        double angle = pose.Heading * 2 * Math.PI / Pose.Headings;
        for (int along = body / 2; along <= Math.Max(1, size * 5 / 8); along++)
        {
            (double sine, double cosine) = Math.SinCos(angle);
            map.Set(x0 + (int)Math.Round(along * cosine), y0 + (int)Math.Round(along * sine), agent);
        }
        return map;

        int Pixel(int units) => units * size / Pose.UnitsPerCell;
    }
}

/// <summary>Shows a trial in a maze on a screen, or writes it into a file.</summary>
internal static class MazePlay
{
    /// <summary>Shows every step; without a screen or its colours as a line of text.</summary>
    public static void Watch(Terminal terminal, PlayedTrial trial, MazeLanes lanes, TimeSpan pause)
    {
        TextWriter output = terminal.Output;
        bool drawn = terminal.OutputIsScreen && terminal.Colours;
        output.WriteLine($"{trial.Agent.Name} plays trial {trial.Number} of seed {trial.Seed}: " +
            string.Join(", ", trial.Task.Settings.Select(setting => $"{setting.Key} {setting.Value}")));
        var pictures = new MazePictures(lanes.MazeOf(0), scale: 1);
        int lines = 0;
        Show(pictures.Draw(trial.View, lanes.PoseOf(0), 1), "");
        int episode = 1, begun = 0;
        foreach (PlayedStep step in trial.Steps())
        {
            bool ended = (step.Endings & Tasks.Endings.EpisodeEnded) != 0;
            string what = $"episode {episode}, step {step.Number - begun}: " +
                ((MazeAction)step.Action).ToString().ToLowerInvariant() +
                ((step.Endings & Tasks.Endings.Terminated) != 0 ? ", the target is found"
                    : ended ? ", the time is up" : "");
            Show(pictures.Draw(trial.View, lanes.PoseOf(0), episode), what);
            if (ended)
                (episode, begun) = (episode + 1, step.Number);
            Thread.Sleep(pause);
        }

        void Show(Picture picture, string what)
        {
            if (!drawn)
            {
                if (what.Length > 0)
                    output.WriteLine(what);
                return;
            }
            if (lines > 0)
                output.Write($"\e[{lines}A");
            lines = 1;
            foreach (string line in picture.HalfBlocks())
            {
                output.WriteLine(line);
                lines++;
            }
            output.WriteLine(what + "\e[K");
            output.Flush();
        }
    }

    /// <summary>
    /// Writes the trial: as a film into a file that ends in <c>.gif</c>, as pictures beside and below each other into
    /// one that ends in <c>.png</c>.
    /// </summary>
    /// <exception cref="OptionException">The file ends in something else.</exception>
    public static void Film(string path, PlayedTrial trial, MazeLanes lanes)
    {
        const int scale = 4, hundredths = 12, hundredthsAtEnd = 100, columns = 4, rows = 6, gap = 8;
        string kind = Path.GetExtension(path).ToLowerInvariant();
        if (kind is not (".gif" or ".png"))
        {
            throw new OptionException(
                "--film", $"a film is a .gif or a strip of pictures in a .png, but '{path}' is neither");
        }
        var pictures = new MazePictures(lanes.MazeOf(0), scale);
        int episode = 1;
        List<(Picture Picture, bool Ends)> frames = [(pictures.Draw(trial.View, lanes.PoseOf(0), 1), false)];
        foreach (PlayedStep step in trial.Steps())
        {
            bool ends = (step.Endings & Tasks.Endings.EpisodeEnded) != 0;
            episode += ends ? 1 : 0;
            if ((step.Endings & Tasks.Endings.TrialEnded) == 0)
                frames.Add((pictures.Draw(trial.View, lanes.PoseOf(0), episode), ends));
        }
        Picture first = frames[0].Picture;
        using FileStream file = File.Create(path);
        if (kind == ".gif")
        {
            using var film = new GifWriter(file, first.Width, first.Height);
            for (int i = 0; i < frames.Count; i++)
                film.Add(frames[i].Picture, frames[i].Ends || i == frames.Count - 1 ? hundredthsAtEnd : hundredths);
            return;
        }
        // At most so many pictures, at equal distances in time.
        int count = Math.Min(columns * rows, frames.Count), down = (count + columns - 1) / columns;
        var strip = new Picture(columns * (first.Width + gap) - gap, down * (first.Height + gap) - gap);
        strip.Fill(0, 0, strip.Width, strip.Height, new Colour(255, 255, 255));
        for (int i = 0; i < count; i++)
        {
            int frame = count == 1 ? 0 : (int)((long)i * (frames.Count - 1) / (count - 1));
            strip.Paste(frames[frame].Picture, i % columns * (first.Width + gap), i / columns * (first.Height + gap));
        }
        PngWriter.Write(file, strip);
    }
}
