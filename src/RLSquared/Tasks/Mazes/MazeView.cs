namespace RLSquared.Tasks.Mazes;

/// <summary>
/// What an agent sees: a ray caster. For each column of the image a ray walks from cell to cell until it meets a wall
/// (Amanatides and Woo 1987); the wall's face is drawn as high as its distance asks for, over a floor and a ceiling.
/// The field of view is 90° wide, walls are as high as a cell, and the eye is half-way up. The target is a glowing
/// pillar.
/// </summary>
public static class MazeView
{
    /// <summary>Pixels across.</summary>
    public const int Width = 40;

    /// <summary>Pixels from top to bottom.</summary>
    public const int Height = 30;

    /// <summary>Red, green and blue.</summary>
    public const int Channels = 3;

    const float Focal = Width / 2f;             // a right angle: the image plane is as far away as half its width
    const float PillarRadius = 0.2f;            // in cells
    const float Near = 0.05f;                   // a pillar nearer than this is behind the eye

    static readonly float[] rays = CastRays();              // [headings, Width, (x, y)], 1 long along the heading
    static readonly float[] background = PaintBackground(); // [Height, Width, Channels]

    /// <summary>Draws the view from a pose.</summary>
    /// <param name="maze">What is seen.</param>
    /// <param name="pose">From where.</param>
    /// <param name="image">
    /// Receives [Height, Width, Channels], row by row from the top left; whole numbers 0 … 255.
    /// </param>
    public static void Draw(Maze maze, Pose pose, Span<float> image) => Draw(maze, maze.Faces, pose, image);

    /// <summary>The same with walls that are painted otherwise.</summary>
    /// <param name="maze">What is seen.</param>
    /// <param name="looks">The look of each face of each cell, [Side, Side, 4].</param>
    /// <param name="pose">From where.</param>
    /// <param name="image">
    /// Receives [Height, Width, Channels], row by row from the top left; whole numbers 0 … 255.
    /// </param>
    internal static void Draw(Maze maze, ReadOnlySpan<byte> looks, Pose pose, Span<float> image)
    {
        image = image[..(Height * Width * Channels)];
        background.CopyTo(image);
        const float cells = 1f / Pose.UnitsPerCell;
        float x = pose.X * cells, y = pose.Y * cells;
        ReadOnlySpan<float> own = rays.AsSpan(pose.Heading * Width * 2, Width * 2);

        // The pillar in the frame of the eye: how deep, and how far to the right.
        (float cosine, float sine) = ((own[0] + own[^2]) / 2, (own[1] + own[^1]) / 2);      // the middle of the view
        float toX = maze.Target.X + 0.5f - x, toY = maze.Target.Y + 0.5f - y;
        float depth = toX * cosine + toY * sine, right = toY * cosine - toX * sine;

        for (int column = 0; column < Width; column++)
        {
            float distance = Walk(
                maze, looks, x, y, own[2 * column], own[2 * column + 1], out int look, out float u, out float light);
            DrawWall(image, column, distance, look, u, light);
            float across = (column + 0.5f - Width / 2f) / Focal;
            if (depth > Near && depth < distance && MathF.Abs(right - across * depth) <= PillarRadius)
                DrawPillar(image, column, depth);
        }
    }

    // Walks along a ray to the first wall; gives the distance along the heading, in cells.
    static float Walk(
        Maze maze, ReadOnlySpan<byte> looks, float x, float y, float rayX, float rayY, out int look, out float u,
        out float light)
    {
        const float facingX = 0.8f, fading = 0.15f;
        ReadOnlySpan<bool> walls = maze.Walls;
        int side = maze.Side, cellX = (int)x, cellY = (int)y, cell = cellY * side + cellX;
        float perX = MathF.Abs(1 / rayX), perY = MathF.Abs(1 / rayY);       // distance from one grid line to the next
        (int stepX, float nextX) = rayX > 0 ? (1, (cellX + 1 - x) * perX) : (-1, (x - cellX) * perX);
        (int stepY, float nextY) = rayY > 0 ? (side, (cellY + 1 - y) * perY) : (-side, (y - cellY) * perY);
        while (true)
        {
            float distance;
            if (nextX < nextY)
            {
                distance = nextX;
                nextX += perX;
                cell += stepX;
                if (!walls[cell])
                    continue;
                u = y + distance * rayY;
                look = looks[cell * 4 + (stepX > 0 ? 0 : 1)];
                light = facingX / (1 + fading * distance);
            }
            else
            {
                distance = nextY;
                nextY += perY;
                cell += stepY;
                if (!walls[cell])
                    continue;
                u = x + distance * rayX;
                look = looks[cell * 4 + (stepY > 0 ? 2 : 3)];
                light = 1 / (1 + fading * distance);
            }
            u -= (int)u;
            return distance;
        }
    }

    static void DrawWall(Span<float> image, int column, float distance, int look, float u, float light)
    {
        (int top, int bottom) = Rows(distance);
        int bits = MazeLooks.Column(look, (int)(u * MazeLooks.Points));
        ReadOnlySpan<float> colours = MazeLooks.Colours(look);
        float red = (int)(colours[0] * light), green = (int)(colours[1] * light), blue = (int)(colours[2] * light);
        float red1 = (int)(colours[3] * light), green1 = (int)(colours[4] * light), blue1 = (int)(colours[5] * light);

        float perRow = MazeLooks.Points * distance / Focal;
        float v = (top + 0.5f - Height / 2f) * perRow + MazeLooks.Points / 2f;
        for (int at = (top * Width + column) * Channels, row = top; row < bottom; row++, at += Width * Channels)
        {
            bool set = (bits >> (int)v & 1) != 0;
            Span<float> pixel = image.Slice(at, Channels);
            pixel[0] = set ? red1 : red;
            pixel[1] = set ? green1 : green;
            pixel[2] = set ? blue1 : blue;
            v += perRow;
        }
    }

    static void DrawPillar(Span<float> image, int column, float depth)
    {
        const int bands = 6;
        (int top, int bottom) = Rows(depth);
        float perRow = bands * depth / Focal, v = (top + 0.5f - Height / 2f) * perRow + bands / 2f;
        for (int at = (top * Width + column) * Channels, row = top; row < bottom; row++, at += Width * Channels)
        {
            Span<float> pixel = image.Slice(at, Channels);
            pixel[0] = 255;
            pixel[1] = pixel[2] = ((int)v & 1) != 0 ? 255 : 0;
            v += perRow;
        }
    }

    // The rows whose middles lie on something as high as a wall at this distance.
    static (int Top, int Bottom) Rows(float distance)
    {
        int half = (int)MathF.Min(Height / 2, Focal / 2 / distance + 0.5f);
        return (Height / 2 - half, Height / 2 + half);
    }

    static float[] CastRays()
    {
        float[] rays = new float[Pose.Headings * Width * 2];
        for (int heading = 0; heading < Pose.Headings; heading++)
        {
            (int dx, int dy) = Pose.StepOf(heading);
            float length = MathF.Sqrt(dx * dx + dy * dy), cosine = dx / length, sine = dy / length;
            for (int column = 0; column < Width; column++)
            {
                float across = (column + 0.5f - Width / 2f) / Focal;                // −1 … 1, from left to right
                int at = (heading * Width + column) * 2;
                rays[at] = cosine - across * sine;
                rays[at + 1] = sine + across * cosine;
            }
        }
        return rays;
    }

    // A blue-grey ceiling and a brown floor, both darker towards the horizon.
    static float[] PaintBackground()
    {
        float[] image = new float[Height * Width * Channels];
        for (int i = 0; i < image.Length; i += Channels)
        {
            int row = i / (Width * Channels);
            float light = 0.4f + 0.6f * MathF.Abs(row + 0.5f - Height / 2f) / (Height / 2f);
            (float red, float green, float blue) = row < Height / 2 ? (70, 80, 100) : (110, 90, 60);
            (image[i], image[i + 1], image[i + 2]) = ((int)(red * light), (int)(green * light), (int)(blue * light));
        }
        return image;
    }
}
