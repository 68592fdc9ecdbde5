/* GMime's side of `./butler bench mime`: reads a pack of mails into memory and parses each, in rounds.
 * Pack: for each mail four bytes of length (little endian), then its bytes.
 * usage: gmime PACK structure|everything ROUNDS */
#include <gmime/gmime.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static gboolean everything;
static long parts, headers, chars, files;

static double now(void)
{
    struct timespec t;
    /* Processor time: neighbours on the machine do not count. */
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void addresses(InternetAddressList *list)
{
    for (int i = 0; list && i < internet_address_list_length(list); i++)
    {
        InternetAddress *address = internet_address_list_get_address(list, i);
        const char *name = internet_address_get_name(address);
        chars += name ? strlen(name) : 0;
        if (INTERNET_ADDRESS_IS_MAILBOX(address))
        {
            const char *text = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address));
            chars += text ? strlen(text) : 0;
        }
        else
        {
            addresses(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address)));
        }
    }
}

static void message(GMimeMessage *mail);

static void part(GMimeObject *object)
{
    parts++;
    headers += g_mime_header_list_get_count(g_mime_object_get_header_list(object));
    if (GMIME_IS_MULTIPART(object))
    {
        int count = g_mime_multipart_get_count(GMIME_MULTIPART(object));
        for (int i = 0; i < count; i++)
        {
            part(g_mime_multipart_get_part(GMIME_MULTIPART(object), i));
        }
    }
    else if (GMIME_IS_MESSAGE_PART(object))
    {
        GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
        if (inner)
        {
            message(inner);
        }
    }
    else if (everything && GMIME_IS_TEXT_PART(object))
    {
        char *text = g_mime_text_part_get_text(GMIME_TEXT_PART(object));
        chars += text ? strlen(text) : 0;
        g_free(text);
    }
    else if (everything && GMIME_IS_PART(object))
    {
        GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(object));
        const char *name = g_mime_part_get_filename(GMIME_PART(object));
        chars += name ? strlen(name) : 0;
        if (content)
        {
            GMimeStream *memory = g_mime_stream_mem_new();
            g_mime_data_wrapper_write_to_stream(content, memory);
            files += g_mime_stream_length(memory);
            g_object_unref(memory);
        }
    }
}

static void message(GMimeMessage *mail)
{
    if (everything)
    {
        const char *subject = g_mime_message_get_subject(mail), *id = g_mime_message_get_message_id(mail);
        GDateTime *date = g_mime_message_get_date(mail);
        chars += (subject ? strlen(subject) : 0) + (id ? strlen(id) : 0) + (date ? 1 : 0);
        addresses(g_mime_message_get_from(mail));
        addresses(g_mime_message_get_to(mail));
        addresses(g_mime_message_get_cc(mail));
    }

    headers += g_mime_header_list_get_count(g_mime_object_get_header_list(GMIME_OBJECT(mail)));
    GMimeObject *root = g_mime_message_get_mime_part(mail);
    if (root)
    {
        part(root);
    }
}

int main(int argc, char **argv)
{
    if (argc < 4)
    {
        return 2;
    }

    FILE *file = fopen(argv[1], "rb");
    if (!file)
    {
        perror(argv[1]);
        return 1;
    }

    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    unsigned char *pack = malloc(size);
    if (!pack || fread(pack, 1, size, file) != (size_t) size)
    {
        return 1;
    }

    fclose(file);
    everything = strcmp(argv[2], "everything") == 0;
    int rounds = atoi(argv[3]);
    double best = 1e9;
    long mails = 0, bytes = 0;
    g_mime_init();
    for (int round = 0; round < rounds; round++)
    {
        mails = bytes = parts = headers = chars = files = 0;
        double start = now();
        for (long at = 0; at + 4 <= size;)
        {
            long length = pack[at] | pack[at + 1] << 8 | pack[at + 2] << 16 | (long) pack[at + 3] << 24;
            /* A view of the pack, as Butler has it: new_with_buffer would copy the mail. */
            GByteArray view = { pack + at + 4, length };
            GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(&view);
            g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
            GMimeParser *parser = g_mime_parser_new_with_stream(stream);
            GMimeMessage *mail = g_mime_parser_construct_message(parser, NULL);
            if (mail)
            {
                message(mail);
                g_object_unref(mail);
            }

            g_object_unref(parser);
            g_object_unref(stream);
            at += 4 + length;
            mails++;
            bytes += length;
        }

        double spent = now() - start;
        best = spent < best ? spent : best;
    }

    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"version\":\"%d.%d.%d\",\"mails\":%ld,\"bytes\":%ld,\"seconds\":%.6f,\"parts\":%ld,\"headers\":%ld,\"chars\":%ld,\"files\":%ld,\"peak_kb\":%ld}\n",
        gmime_major_version, gmime_minor_version, gmime_micro_version, mails, bytes, best, parts, headers, chars, files, usage.ru_maxrss);
    return 0;
}
