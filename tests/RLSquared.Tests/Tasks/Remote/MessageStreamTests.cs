using System.Buffers.Binary;
using System.Text;
using RLSquared.Tasks.Remote;

namespace RLSquared.Tests.Tasks.Remote;

public sealed class MessageStreamTests
{
    [Fact]
    public void A_message_is_its_length_in_four_bytes_and_its_JSON()
    {
        using var bytes = new MemoryStream();
        using var stream = new MessageStream(bytes, TimeSpan.MaxValue);
        System.Text.Json.Utf8JsonWriter json = stream.Begin();
        json.WriteStartObject();
        json.WriteString("type"u8, "reset"u8);
        json.WriteEndObject();
        stream.Send();
        // {"type":"reset"} has 16 bytes.
        Assert.Equal([16, 0, 0, 0, .. """{"type":"reset"}"""u8], bytes.ToArray());
    }

    [Fact]
    public void Messages_follow_each_other_and_arrive_in_pieces_of_any_size()
    {
        string[] messages = ["{}", new string(' ', 10_000) + "1", "\"three\""];
        using var stream = new MessageStream(
            new Dripping([.. messages.SelectMany(Framed)]), TimeSpan.MaxValue);
        foreach (string message in messages)
            Assert.Equal(message, Encoding.UTF8.GetString(stream.Receive()));
        Assert.Throws<DisconnectedException>(() => _ = stream.Receive().Length);
    }

    [Fact]
    public void Sending_and_receiving_allocate_nothing_once_the_buffers_are_there()
    {
        using var bytes = new MemoryStream(new byte[1 << 16]);
        using var stream = new MessageStream(bytes, TimeSpan.MaxValue);
        Exchange(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(100);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Exchange(int times)
        {
            for (int i = 0; i < times; i++)
            {
                bytes.Position = 0;
                System.Text.Json.Utf8JsonWriter json = stream.Begin();
                json.WriteStartArray();
                for (int number = 0; number < 2000; number++)
                    json.WriteNumberValue(number / 7f);
                json.WriteEndArray();
                stream.Send();
                bytes.Position = 0;
                Assert.True(stream.Receive().Length > 2000);
            }
        }
    }

    [Theory]
    [InlineData(0, "its length is given as 0 bytes, and a message has from 1 to 67108864")]
    [InlineData(-1, "its length is given as 4294967295 bytes")]
    [InlineData(int.MaxValue, "its length is given as 2147483647 bytes")]
    public void A_length_that_cannot_be_is_refused(int length, string message)
    {
        using var stream = new MessageStream(new MemoryStream(Prefix(length)), TimeSpan.MaxValue);
        var error = Assert.Throws<MalformedMessageException>(() => _ = stream.Receive().Length);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_grows_with_what_has_come_and_not_with_what_was_announced()
    {
        byte[] bytes = [.. Prefix(MessageStream.MostBytes), .. new byte[1000]];
        long before = GC.GetAllocatedBytesForCurrentThread();
        using var stream = new MessageStream(new MemoryStream(bytes), TimeSpan.MaxValue);
        Assert.Throws<DisconnectedException>(() => _ = stream.Receive().Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    [Fact]
    public void Whoever_sends_a_byte_now_and_then_is_not_waited_for_beyond_the_limit()
    {
        using var stream = new MessageStream(
            new Dripping([.. Prefix(1000), .. new byte[1000]], pause: 20), TimeSpan.FromMilliseconds(100));
        Assert.Throws<TimeoutException>(() => _ = stream.Receive().Length);
    }

    static byte[] Framed(string message) => [.. Prefix(message.Length), .. Encoding.UTF8.GetBytes(message)];

    static byte[] Prefix(int length)
    {
        byte[] prefix = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(prefix, length);
        return prefix;
    }

    // Gives three bytes at a time.
    sealed class Dripping(byte[] bytes, int pause = 0) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer)
        {
            Thread.Sleep(pause);
            return base.Read(buffer[..Math.Min(3, buffer.Length)]);
        }
    }
}
